import AttnMath

/// What a multi-head attention layer reads, checked against it.
///
/// Shapes as PyTorch's with `batch_first`; masks in PyTorch's sense: true is *not* attended to, a number is added to the score.
public struct MultiHeadAttentionInput: Sendable, Equatable {
    public enum Mask: Sendable, Equatable {
        /// True: not attended to.
        case boolean([Bool])
        /// Added to the scaled scores.
        case additive([Float])

        var count: Int {
            switch self {
            case .boolean(let elements): elements.count
            case .additive(let elements): elements.count
            }
        }
    }

    public let batch: Int
    public let queries: Int
    public let keys: Int
    /// [batch][queries][embeddingSize].
    public let query: [Float]
    /// [batch][keys][keySize]; nil: the queries' rows.
    public let key: [Float]?
    /// [batch][keys][valueSize]; nil: the keys' rows.
    public let value: [Float]?
    /// [queries][keys], or [batch * heads][queries][keys].
    public let mask: Mask?
    /// [batch][keys]; true: not attended to.
    public let padding: [Bool]?

    private let keySize: Int
    private let valueSize: Int
    private let heads: Int

    /// Most elements of a tensor: 1 GiB of float32.
    private static let mostElements = 1 << 28

    /// - Parameter keys: rows that keys and values come from; those of the queries where `key` is nil.
    /// - Throws: `ModelError.invalidInput`, which names what does not fit.
    public init(
        _ configuration: MultiHeadAttentionConfiguration, batch: Int, queries: Int, keys: Int, query: [Float],
        key: [Float]? = nil, value: [Float]? = nil, mask: Mask? = nil, padding: [Bool]? = nil
    ) throws(ModelError) {
        let size = configuration.embeddingSize
        (self.batch, self.queries, self.keys, self.query, self.key) = (batch, queries, keys, query, key)
        (self.value, self.mask, self.padding, heads) = (value, mask, padding, configuration.heads)
        keySize = configuration.keySize
        valueSize = configuration.valueSize
        guard batch > 0, queries > 0, keys > 0 else {
            throw ModelError(.invalidInput, "batch \(batch), \(queries) queries and \(keys) keys must be positive")
        }
        try Self.check("query", query.count, [batch, queries, size])
        if let key {
            try Self.check("key", key.count, [batch, keys, keySize])
        } else {
            guard keySize == size, keys == queries else {
                throw ModelError(.invalidInput, "there is no key, and the queries' \(queries) rows of \(size) are none")
            }
        }
        if let value {
            try Self.check("value", value.count, [batch, keys, valueSize])
        } else {
            guard valueSize == keySize else {
                throw ModelError(.invalidInput, "there is no value, and the keys' rows of \(keySize) are none")
            }
        }
        if let padding { try Self.check("key_padding_mask", padding.count, [batch, keys]) }
        // What the scores of one batch row may take is bounded whether there is a mask or not.
        let scores = try Self.count("scores", [heads, queries, keys])
        if let mask, mask.count != queries * keys {
            try Self.check("attn_mask", mask.count, [batch, scores])
        }
    }

    private static func check(_ name: String, _ count: Int, _ shape: [Int]) throws(ModelError) {
        let expected = try Self.count(name, shape)
        guard count == expected else {
            throw ModelError(.invalidInput, "\(name) has \(count) elements, not the \(expected) of \(shape)")
        }
    }

    private static func count(_ name: String, _ shape: [Int]) throws(ModelError) -> Int {
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= mostElements else {
                throw ModelError(.invalidInput, "\(name) \(shape) has more than \(mostElements) elements")
            }
            count = product
        }
        return count
    }

    /// Whether outputs are finite for finite weights: no input is NaN or infinite, but for masks that hide by -inf.
    public var isFinite: Bool {
        guard [query, key ?? [], value ?? []].allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return false }
        guard case .additive(let elements)? = mask else { return true }
        return elements.allSatisfy { $0 < .infinity }
    }

    func keyRows(_ row: Int) -> ArraySlice<Float> {
        (key ?? query)[row * keys * keySize..<(row + 1) * keys * keySize]
    }

    func valueRows(_ row: Int) -> ArraySlice<Float> {
        (value ?? key ?? query)[row * keys * valueSize..<(row + 1) * keys * valueSize]
    }

    /// Both masks of a batch row as one, in the kernels' sense: nonzero is attended to.
    func withMask(of row: Int, _ body: (BlockMask?) -> Void) {
        let hidden = padding.map { $0[row * keys..<(row + 1) * keys] }
        guard let mask else {
            guard let hidden else { return body(nil) }
            return hidden.map { UInt8($0 ? 0 : 1) }.withUnsafeBufferPointer {
                body(BlockMask(.boolean($0), heads: 1, queries: 1, keys: keys))
            }
        }
        let isShared = mask.count == queries * keys
        let heads = isShared ? 1 : heads
        let own = isShared ? 0..<queries * keys : row * heads * queries * keys..<(row + 1) * heads * queries * keys
        func isHidden(_ place: Int) -> Bool { hidden.map { $0[$0.startIndex + place % keys] } ?? false }
        switch mask {
        case .boolean(let elements):
            let attended = elements[own].enumerated().map { UInt8($1 || isHidden($0) ? 0 : 1) }
            attended.withUnsafeBufferPointer {
                body(BlockMask(.boolean($0), heads: heads, queries: queries, keys: keys))
            }
        case .additive(let elements):
            let added = elements[own].enumerated().map { isHidden($0) ? -.infinity : $1 }
            added.withUnsafeBufferPointer {
                body(BlockMask(.additive($0), heads: heads, queries: queries, keys: keys))
            }
        }
    }
}
