/// Writes JSON as UTF-8: the same value built in the same order always gives the same bytes.
struct JSONWriter {
    let style: JSON.Style
    private(set) var bytes: [UInt8] = []

    init(style: JSON.Style) {
        self.style = style
    }

    mutating func write(_ value: JSON, depth: Int = 0) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .number(let number): bytes += number.description.utf8
        case .string(let text): write(text)
        case .array(let elements): write(elements, depth: depth)
        case .object(let object): write(object, depth: depth)
        }
    }

    /// An array that holds no array or object stays on one line even when pretty: shapes and ranges read better so.
    private mutating func write(_ elements: [JSON], depth: Int) {
        let isFlat = elements.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil }
        bytes.append(UInt8(ascii: "["))
        for (position, element) in elements.enumerated() {
            if isFlat {
                if position > 0 { bytes += (style == .pretty ? ", " : ",").utf8 }
            } else {
                separate(position, depth: depth)
            }
            write(element, depth: depth + 1)
        }
        if !isFlat { newLine(depth: depth) }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSON.Object, depth: Int) {
        bytes.append(UInt8(ascii: "{"))
        for (position, member) in object.members.enumerated() {
            separate(position, depth: depth)
            write(member.key)
            bytes += (style == .pretty ? ": " : ":").utf8
            write(member.value, depth: depth + 1)
        }
        if !object.isEmpty { newLine(depth: depth) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func separate(_ position: Int, depth: Int) {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        newLine(depth: depth + 1)
    }

    private mutating func newLine(depth: Int) {
        guard style == .pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case 0x0A: bytes += #"\n"#.utf8
            case 0x0C: bytes += #"\f"#.utf8
            case 0x0D: bytes += #"\r"#.utf8
            case ..<0x20: bytes += "\(byte < 0x10 ? #"\u000"# : #"\u00"#)\(String(byte, radix: 16))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSON {
    public enum Style: Sendable {
        /// No white space.
        case compact
        /// A member a line, indented by two spaces; for people.
        case pretty
    }

    /// The value as UTF-8 text, without a final line break.
    public func encoded(_ style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return writer.bytes
    }

    /// The value as text, without a final line break.
    public func text(_ style: Style = .compact) -> String {
        String(decoding: encoded(style), as: UTF8.self)
    }
}

extension JSON: CustomStringConvertible {
    /// The compact text.
    public var description: String { text() }
}
