import Codecs

/// What a task must be before anything is allocated for it.
extension TaskMessage {
    private static let tensorNames: Set<String> = ["Q", "K", "V", "attn_mask"]

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
        guard q.type == k.type, k.type == v.type, [.f32, .f16, .bf16].contains(q.type) else {
            throw MessageError(.invalid, "Q, K and V must be of one type out of F32, F16, BF16")
        }
        guard !shapes.joined().contains(0) else { throw invalid("a dimension is 0") }
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
