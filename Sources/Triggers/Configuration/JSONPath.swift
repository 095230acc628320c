import Codecs

/// Where a value lies in a JSON document: names between dots, and positions in brackets, as in `body.values[2].x`.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    enum Step: Sendable, Hashable {
        case member(String)
        case element(Int)
    }

    public let description: String
    let steps: [Step]

    static let rule = "names between dots and positions in brackets, as in 'values[0].x'"

    /// Nil for an empty name, or brackets that hold no position.
    public init?(_ text: String) {
        var steps: [Step] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            // Only the document itself may be an array: `[0].x`.
            guard !pieces[0].isEmpty || (steps.isEmpty && pieces.count > 1) else { return nil }
            if !pieces[0].isEmpty { steps.append(.member(String(pieces[0]))) }
            for piece in pieces.dropFirst() {
                guard piece.last == "]", let position = Int(piece.dropLast()), position >= 0 else { return nil }
                steps.append(.element(position))
            }
        }
        guard !steps.contains(where: { if case .member(let name) = $0 { name.contains("]") } else { false } })
        else { return nil }
        self.steps = steps
        description = text
    }

    /// The value there; nil if there is none.
    func value(in document: JSON) -> JSON? {
        var value = document
        for step in steps {
            switch step {
            case .member(let name):
                guard let member = value.objectValue?[name] else { return nil }
                value = member
            case .element(let position):
                guard let elements = value.arrayValue, position < elements.count else { return nil }
                value = elements[position]
            }
        }
        return value
    }
}
