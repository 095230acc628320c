/// Text with placeholders in braces, as in `inference/{1}/activity`. Braces themselves are written twice: `{{` and `}}`.
struct TemplateText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        case placeholder(Placeholder)
    }

    let pieces: [Piece]

    /// Why a text is no template.
    struct Defect: Error, Equatable {
        let reason: String
    }

    init(_ text: String) throws(Defect) {
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(rest.removeFirst())
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Defect(reason: "'{' is not closed; a brace itself is written '{{'")
                }
                let name = rest[..<end]
                guard let placeholder = Placeholder(name) else { throw Defect(reason: Self.unknown(String(name))) }
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.placeholder(placeholder))
                rest = rest[end...].dropFirst()
            case "}":
                throw Defect(reason: "'}' without '{'; a brace itself is written '}}'")
            default:
                literal.append(character)
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    var placeholders: [Placeholder] {
        pieces.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
    }

    /// The text, with what `value` gives in place of each placeholder.
    func text(_ value: (Placeholder) -> String) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .placeholder(let placeholder): text += value(placeholder)
            }
        }
        return text
    }

    private static func unknown(_ name: String) -> String {
        let names = Placeholder.Field.allCases.map(\.rawValue)
        if let nearest = name.nearest(among: names) {
            return "{\(name)} is no placeholder; did you mean {\(nearest)}?"
        }
        let known = names.map { "{\($0)}" }.joined(separator: ", ")
        return "{\(name)} is no placeholder; those are {1}, {2}, … for the topic filter's wildcards, \(known)"
    }
}
