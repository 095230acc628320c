import Codecs

/// What a task must be before anything is allocated for it.
extension TaskMessage {
    private static let tensorNames: Set<String> = ["Q", "K", "V", "Q_scale", "K_scale", "V_scale", "attn_mask"]

    /// Throws `.unsupported` at the first field or tensor that is not known here.
    static func checkNames(_ file: Safetensors, _ op: AttentionOperator) throws(MessageError) {
        for name in file.metadata.keys
        where !TaskHeader.fieldNames.contains(name) && !TaskAttributes.fieldNames.contains(name)
            && name != contextField
        {
            throw MessageError(.unsupported, "field '\(name.prefix(32))' is not known here")
        }
        let names = op == .additiveAttention ? tensorNames.union(AdditiveWeights.tensorNames) : tensorNames
        for tensor in file.tensors where !names.contains(tensor.name) {
            throw MessageError(.unsupported, "tensor '\(tensor.name.prefix(32))' is not known to \(op.rawValue) here")
        }
    }

    /// After this every dimension of Q, K and V can be asked for, and is positive.
    static func checkRanks(_ q: TensorInfo, _ k: TensorInfo, _ v: TensorInfo) throws(MessageError) {
        let shapes = [q.shape, k.shape, v.shape]
        func invalid(_ why: String) -> MessageError {
            MessageError(.invalid, "\(why): Q \(q.shape), K \(k.shape), V \(v.shape)")
        }
        guard shapes.allSatisfy({ $0.count == 3 }) else { throw invalid("ranks must be 3") }
        guard !shapes.joined().contains(0) else { throw invalid("a dimension is 0") }
    }

    /// Scales are there with I8, and with nothing else.
    static func checkTypes(
        _ op: AttentionOperator, _ q: TensorInfo, _ qScale: TensorInfo?, _ context: AttentionContext
    ) throws(MessageError) {
        let types: [TensorType] = op == .attention ? [.f32, .f16, .bf16, .i8] : [.f32, .f16, .bf16]
        guard q.type == context.k.type, q.type == context.v.type, types.contains(q.type) else {
            let names = types.map(\.rawValue).joined(separator: ", ")
            throw MessageError(.invalid, "Q, K and V must be of one type out of \(names)")
        }
        for (tensor, scale) in [(q, qScale), (context.k, context.kScale), (context.v, context.vScale)] {
            guard q.type == .i8 else {
                guard scale == nil else { throw MessageError(.invalid, "\(q.type.rawValue) has no scales") }
                continue
            }
            guard let scale, scale.type == .f32, scale.shape == Array(tensor.shape.prefix(2)) else {
                throw MessageError(
                    .invalid, "I8 needs \(tensor.name)_scale F32 \(tensor.shape.prefix(2)) beside \(tensor.name)")
            }
        }
    }

    func checkShapes() throws(MessageError) {
        func invalid(_ why: String) -> MessageError {
            MessageError(.invalid, "\(why): Q \(q.shape), K \(k.shape), V \(v.shape), attn_mask \(mask?.shape ?? [])")
        }
        guard queryHeads % kvHeads == 0, v.shape[0] == kvHeads else {
            throw invalid("the key/value heads must be the same for K and V and divide the query heads")
        }
        guard weights != nil || keySize == headSize, v.shape[1] == keys else {
            throw invalid("head sizes or key lengths differ")
        }
        // The partial is as large as Q's rows times V's columns, and K's rows if scores are wanted: a small task could
        // call for more memory than there is.
        let columns = valueHeadSize + 1 + (attributes.scoreOutput == nil ? 0 : keys)
        let (elements, overflow) = (queryHeads * queries).multipliedReportingOverflow(by: columns)
        guard !overflow, elements <= Message.maximumPacketSize / 4 else {
            throw invalid("the partial would not fit an MQTT packet")
        }
        guard let mask else { return }
        guard mask.type == .bool || mask.type == .f32 else {
            throw MessageError(.invalid, "attn_mask must be BOOL or F32, not \(mask.type.rawValue)")
        }
        guard mask.shape.count == 3, [1, queryHeads].contains(mask.shape[0]), [1, queries].contains(mask.shape[1]),
            mask.shape[2] == keys
        else { throw invalid("the mask does not fit") }
    }
}
