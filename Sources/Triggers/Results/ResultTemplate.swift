import Codecs

/// A JSON document with placeholders.
///
/// A string that is one placeholder and nothing else becomes its value, whatever its type; in a longer string it becomes
/// text.
indirect enum ResultTemplate: Sendable, Equatable {
    case constant(JSON)
    case placeholder(Placeholder)
    case text(TemplateText)
    case array([ResultTemplate])
    case object([Member])

    struct Member: Sendable, Equatable {
        let key: String
        let value: ResultTemplate
    }

    static let `default` = ResultTemplate.object(
        [Placeholder.Field.label, .score, .status, .sensor, .latencyMilliseconds, .job].map {
            Member(key: $0.rawValue, value: .placeholder(.field($0)))
        })

    init(_ text: TemplateText) {
        switch text.pieces.first {
        case .placeholder(let placeholder) where text.pieces.count == 1: self = .placeholder(placeholder)
        case .literal(let literal) where text.pieces.count == 1: self = .constant(.string(literal))
        case nil: self = .constant("")
        default: self = .text(text)
        }
    }

    /// The document, with what `value` gives in place of each placeholder.
    func json(_ value: (Placeholder) -> JSON) -> JSON {
        switch self {
        case .constant(let constant): constant
        case .placeholder(let placeholder): value(placeholder)
        case .text(let text): .string(text.text { value($0).plainText })
        case .array(let elements): .array(elements.map { $0.json(value) })
        case .object(let members): .object(JSON.Object(members.map { ($0.key, $0.value.json(value)) }))
        }
    }

    /// Where the first member lies whose value is that field and nothing else; nil if there is none.
    func member(of field: Placeholder.Field) -> ResultMember? {
        switch self {
        case .placeholder(.field(field)): return ResultMember(steps: [])
        case .object(let members):
            for member in members {
                if let inner = member.value.member(of: field) { return ResultMember(steps: [member.key] + inner.steps) }
            }
            return nil
        case .placeholder, .constant, .text, .array: return nil
        }
    }
}

/// Where a value lies in a result: the names of objects' members from the outermost.
struct ResultMember: Sendable, Equatable {
    let steps: [String]
}

extension JSON {
    /// As it stands in a text: a string without its quotes, nothing for `null`.
    fileprivate var plainText: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: text()
        }
    }
}
