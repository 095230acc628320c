/// A text, or a pair of texts, as a model reads it: special tokens included.
public struct Encoding: Sendable {
    public let ids: [Int32]
    /// For each token which of two texts it belongs to: 0 or 1, in BERT's template.
    public let typeIDs: [Int32]
    let vocabulary: Vocabulary

    /// The number of tokens.
    public var count: Int { ids.count }

    /// The tokens by name, looked up anew each time: for people. An ID that has no name is told as a number in brackets.
    public var tokens: [String] { ids.map { vocabulary.token($0) ?? "[\($0)]" } }
}

extension Encoding: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        left.ids == right.ids && left.typeIDs == right.typeIDs
    }
}
