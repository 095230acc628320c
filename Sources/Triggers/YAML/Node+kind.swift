import Yams

extension Node {
    /// What it is, for messages.
    var kind: String {
        switch self {
        case .scalar(let scalar): isNull ? "nothing" : "'\(scalar.string.prefix(80))'"
        case .mapping: "keys with values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// Nothing, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }
}
