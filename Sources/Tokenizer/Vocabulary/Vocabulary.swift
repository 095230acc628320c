/// The tokens of a model and their IDs. Tokens are told apart by their bytes, not as Swift's strings are.
struct Vocabulary: Sendable {
    /// All tokens as they are written in the file.
    let beginnings: TokenTable
    /// Those that begin with the prefix of a continuation, without it, as they are looked for inside a word.
    let continuations: TokenTable
    private var tokens: [Int32: String]

    /// - Parameter continuationPrefix: what a token begins with that goes on with a word: `##`. With an empty one every
    ///   token does both.
    init(_ members: [(token: String, id: Int32)], continuationPrefix: String) {
        let prefix = continuationPrefix.utf8
        let continuing = members.filter { $0.token.utf8.starts(with: prefix) }
        beginnings = TokenTable(members.map { ($0.token.utf8[...], $0.id) })
        continuations = TokenTable(continuing.map { ($0.token.utf8.dropFirst(prefix.count), $0.id) })
        tokens = Dictionary(members.map { ($0.id, $0.token) }) { _, last in last }
    }

    /// How many tokens there are.
    var count: Int { beginnings.count }

    func id(_ token: String) -> Int32? { beginnings.id(of: token) }

    func token(_ id: Int32) -> String? { tokens[id] }

    var largestID: Int32 { tokens.keys.max() ?? -1 }

    /// Lets `id` be told as `token`, which the model itself need not know.
    mutating func name(_ id: Int32, _ token: String) { tokens[id] = token }
}
