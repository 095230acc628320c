public import Codecs
public import Transformer

// The inputs of a layer of multi-head attention in a message's tensors.

extension Safetensors {
    /// Names of the tensors that are read.
    public static let multiHeadAttentionNames = ["query", "key", "value", "attn_mask", "key_padding_mask"]

    /// - Throws: `ModelError.invalidInput` if the tensors do not fit each other or the layer.
    public func multiHeadAttentionInput(
        _ configuration: MultiHeadAttentionConfiguration
    ) throws(ModelError) -> MultiHeadAttentionInput {
        guard let query = self["query"] else { throw ModelError(.invalidInput, "tensor 'query' is missing") }
        let (key, value) = (self["key"], self["value"])
        let rows = key ?? query
        try check("query", query, rows: nil, configuration.embeddingSize, batch: query)
        try check("key", rows, rows: nil, configuration.keySize, batch: query)
        try check("value", value ?? rows, rows: rows.shape[1], configuration.valueSize, batch: query)
        return try MultiHeadAttentionInput(
            configuration, batch: query.shape[0], queries: query.shape[1], keys: rows.shape[1],
            query: try floats(query), key: try key.map(floats), value: try value.map(floats),
            mask: try mask(query, keys: rows.shape[1], heads: configuration.heads),
            padding: try padding(batch: query.shape[0], keys: rows.shape[1]))
    }

    private func check(
        _ name: String, _ tensor: TensorInfo, rows: Int?, _ width: Int, batch: TensorInfo
    ) throws(ModelError) {
        guard tensor.type == .f32, tensor.shape.count == 3, tensor.shape[0] == batch.shape[0],
            tensor.shape[1] == rows ?? tensor.shape[1], tensor.shape[2] == width
        else {
            throw ModelError(
                .invalidInput,
                "\(name) is \(tensor.type.rawValue) \(tensor.shape), not F32 [batch, \(rows.map { "\($0)" } ?? "rows"), \(width)]"
            )
        }
    }

    private func mask(
        _ query: TensorInfo, keys: Int, heads: Int
    ) throws(ModelError) -> MultiHeadAttentionInput.Mask? {
        guard let mask = self["attn_mask"] else { return nil }
        let (batch, queries) = (query.shape[0], query.shape[1])
        guard mask.shape == [queries, keys] || mask.shape == [batch &* heads, queries, keys]
        else {
            throw ModelError(
                .invalidInput,
                "attn_mask is \(mask.shape), not [\(queries), \(keys)] or [batch * heads, \(queries), \(keys)]")
        }
        switch mask.type {
        case .bool: return .boolean(try booleans(mask))
        case .f32: return .additive(try floats(mask))
        default: throw ModelError(.invalidInput, "attn_mask is \(mask.type.rawValue), not BOOL or F32")
        }
    }

    private func padding(batch: Int, keys: Int) throws(ModelError) -> [Bool]? {
        guard let mask = self["key_padding_mask"] else { return nil }
        guard mask.type == .bool, mask.shape == [batch, keys] else {
            throw ModelError(
                .invalidInput, "key_padding_mask is \(mask.type.rawValue) \(mask.shape), not BOOL [\(batch), \(keys)]")
        }
        return try booleans(mask)
    }

    private func floats(_ tensor: TensorInfo) throws(ModelError) -> [Float] {
        do { return try elements(of: tensor, as: Float.self) } catch { throw ModelError(.invalidInput, "\(error)") }
    }

    private func booleans(_ tensor: TensorInfo) throws(ModelError) -> [Bool] {
        do { return try elements(of: tensor, as: UInt8.self).map { $0 != 0 } } catch {
            throw ModelError(.invalidInput, "\(error)")
        }
    }
}

extension MultiHeadAttentionInput {
    /// Those of some of the batch and some of its queries, with all their keys; in the form that is read above.
    public func sources(
        batch rows: Range<Int>, queries range: Range<Int>, _ configuration: MultiHeadAttentionConfiguration
    ) -> [TensorSource] {
        let (size, isWhole) = (configuration.embeddingSize, range == 0..<queries)
        let own = rows.flatMap { row in
            query[(row * queries + range.lowerBound) * size..<(row * queries + range.upperBound) * size]
        }
        var sources = [TensorSource("query", .f32, shape: [rows.count, range.count, size], own)]
        func add(_ name: String, _ values: [Float]?, _ width: Int) {
            guard let values else { return }
            let own = Array(values[rows.lowerBound * keys * width..<rows.upperBound * keys * width])
            sources.append(TensorSource(name, .f32, shape: [rows.count, keys, width], own))
        }
        // The keys' rows are the queries': all of them, whichever queries are wanted.
        add("key", key ?? (isWhole ? nil : query), configuration.keySize)
        add("value", value, configuration.valueSize)
        switch mask {
        case .boolean(let elements)?:
            let cut = cut(elements, rows, range, heads: configuration.heads)
            sources.append(TensorSource("attn_mask", .bool, shape: cut.shape, cut.elements.map { UInt8($0 ? 1 : 0) }))
        case .additive(let elements)?:
            let cut = cut(elements, rows, range, heads: configuration.heads)
            sources.append(TensorSource("attn_mask", .f32, shape: cut.shape, cut.elements))
        case nil: break
        }
        if let padding {
            let own = padding[rows.lowerBound * keys..<rows.upperBound * keys].map { UInt8($0 ? 1 : 0) }
            sources.append(TensorSource("key_padding_mask", .bool, shape: [rows.count, keys], own))
        }
        return sources
    }

    private func cut<Element>(
        _ elements: [Element], _ rows: Range<Int>, _ range: Range<Int>, heads: Int
    ) -> (elements: [Element], shape: [Int]) {
        func plane(_ plane: Int) -> ArraySlice<Element> {
            elements[(plane * queries + range.lowerBound) * keys..<(plane * queries + range.upperBound) * keys]
        }
        if elements.count == queries * keys { return (Array(plane(0)), [range.count, keys]) }
        let planes = rows.lowerBound * heads..<rows.upperBound * heads
        return (planes.flatMap(plane), [planes.count, range.count, keys])
    }
}
