public import Codecs
public import Transformer

// The inputs of a model in a message's tensors. Whether they fit the model, the model says.

extension Safetensors {
    /// - Throws: `ModelError.invalidInput` if the tensors are not what a batch consists of.
    public func encoderBatch() throws(ModelError) -> EncoderBatch {
        if let x = self["x"] {
            guard x.shape.count == 3 else {
                throw ModelError(.invalidInput, "x is \(x.shape), not [sequences, channels, length]")
            }
            return .series(
                SeriesBatch(
                    values: try numbers(x, as: Float.self), windows: x.shape[0], channels: x.shape[1],
                    length: x.shape[2]))
        }
        guard let ids = self["input_ids"] else {
            throw ModelError(.invalidInput, "there is neither 'input_ids' nor 'x'")
        }
        let types = try self["token_type_ids"].map { tensor throws(ModelError) in try numbers(tensor, as: Int32.self) }
        return .tokens(
            TokenBatch(
                tokens: try numbers(ids, as: Int32.self), types: types ?? [], lengths: try lengths(),
                attended: try attended(rows: ids.elementCount)))
    }

    func lengths() throws(ModelError) -> [Int] {
        guard let tensor = self["sequence_lengths"] else {
            throw ModelError(.invalidInput, "tensor 'sequence_lengths' is missing")
        }
        return try numbers(tensor, as: Int32.self).map { Int($0) }
    }

    func attended(rows: Int) throws(ModelError) -> [Bool]? {
        guard let mask = self["attention_mask"] else { return nil }
        guard mask.type == .bool, mask.elementCount == rows else {
            throw ModelError(.invalidInput, "attention_mask is not BOOL [\(rows)]")
        }
        return try numbers(mask, as: UInt8.self).map { $0 != 0 }
    }

    private func numbers<Element: TensorElement>(
        _ tensor: TensorInfo, as type: Element.Type
    ) throws(ModelError) -> [Element] {
        do { return try elements(of: tensor, as: type) } catch {
            throw ModelError(.invalidInput, "\(error)")
        }
    }
}

extension EncoderBatch {
    /// The tensors that `encoderBatch` reads.
    public var sources: [TensorSource] {
        switch self {
        case .series(let batch):
            return [TensorSource("x", .f32, shape: [batch.windows, batch.channels, batch.length], batch.values)]
        case .tokens(let batch):
            var sources = [
                TensorSource("input_ids", .i32, shape: [batch.tokens.count], batch.tokens),
                TensorSource(lengths: batch.lengths),
            ]
            if batch.types.contains(where: { $0 != 0 }) {
                sources.append(TensorSource("token_type_ids", .i32, shape: [batch.types.count], batch.types))
            }
            if let mask = batch.attended.flatMap({ TensorSource(attended: $0) }) { sources.append(mask) }
            return sources
        }
    }
}

extension TensorSource {
    public init(lengths: [Int]) {
        self.init("sequence_lengths", .i32, shape: [lengths.count], lengths.map { Int32($0) })
    }

    /// Nil if all are attended to.
    public init?(attended: [Bool]) {
        guard attended.contains(false) else { return nil }
        self.init("attention_mask", .bool, shape: [attended.count], attended.map { UInt8($0 ? 1 : 0) })
    }
}
