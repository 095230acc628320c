import Codecs

extension TokenizerFile {
    /// The post-processor: which special tokens stand where.
    static func template(of root: FileSection) throws(TokenizerError) -> Template {
        guard let section = try root.optionalSection("post_processor") else { return .plain }
        switch try section.string("type") {
        case "TemplateProcessing":
            return Template(
                single: try pieces(of: section, "single", isPair: false),
                pair: try pieces(of: section, "pair", isPair: true))
        case "BertProcessing":
            return .bert(start: try specialID(of: section, "cls"), separator: try specialID(of: section, "sep"))
        case let found:
            throw .unsupported(
                file: section.file, at: section.object.path(to: "type"), found: found,
                supported: "TemplateProcessing and BertProcessing")
        }
    }

    /// `["[SEP]", 102]`.
    private static func specialID(of section: FileSection, _ key: String) throws(TokenizerError) -> Int32 {
        let pair = try section.read { object throws(JSONError) in try object.array(key) }
        guard pair.count == 2, pair[0].stringValue != nil, let id = FileSection.id(pair[1].intValue) else {
            throw section.invalid(key, "not a token and its ID, as in [\"[SEP]\", 102]")
        }
        return id
    }

    private static func pieces(
        of section: FileSection, _ key: String, isPair: Bool
    ) throws(TokenizerError) -> [Template.Piece] {
        var pieces: [Template.Piece] = []
        for piece in try section.sections(key) {
            if let special = try piece.optionalSection("SpecialToken") {
                let tokens = try section.section("special_tokens").section(try special.string("id"))
                pieces.append(.special(try tokens.ids("ids"), typeID: try special.id("type_id")))
            } else {
                pieces.append(try sequence(try piece.section("Sequence"), isPair: isPair))
            }
        }
        return pieces
    }

    private static func sequence(_ section: FileSection, isPair: Bool) throws(TokenizerError) -> Template.Piece {
        let typeID = try section.id("type_id")
        switch try section.string("id") {
        case "A": return .first(typeID: typeID)
        case "B" where isPair: return .second(typeID: typeID)
        case let other: throw section.invalid("id", "there is no text '\(other)'")
        }
    }
}
