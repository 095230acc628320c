/// What BERT does to text before it looks for words, in this order, each step if asked for.
struct BertNormalizer: Sendable, Equatable {
    /// Removes NUL, U+FFFD and control characters, and makes every white space a space.
    let cleansText: Bool
    /// Puts a space before and behind each Chinese character.
    let separatesIdeographs: Bool
    /// Decomposes characters (NFD) and removes nonspacing marks.
    let stripsAccents: Bool
    /// Character by character: a final sigma is a sigma like any other.
    let lowercases: Bool

    /// What becomes of each ASCII character, which most are.
    private let ascii: [UInt8]
    private static let removed: UInt8 = 0xFF

    init(cleansText: Bool, separatesIdeographs: Bool, stripsAccents: Bool, lowercases: Bool) {
        self.cleansText = cleansText
        self.separatesIdeographs = separatesIdeographs
        self.stripsAccents = stripsAccents
        self.lowercases = lowercases
        ascii = (0..<UInt8(0x80)).map { byte in
            switch byte {
            case 0x09, 0x0A, 0x0D: cleansText ? 0x20 : byte
            case 0x00..<0x20, 0x7F: cleansText ? Self.removed : byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): lowercases ? byte + 0x20 : byte
            default: byte
            }
        }
    }

    /// No step at all.
    static let none = BertNormalizer(
        cleansText: false, separatesIdeographs: false, stripsAccents: false, lowercases: false)

    /// - Parameter text: valid UTF-8.
    func normalize(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: normalize(bytes, bytes.indices), as: UTF8.self)
    }

    /// - Parameter bytes: UTF-8, valid in `range`.
    func normalize(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var text = NormalizedText(dropsNonspacingMarks: stripsAccents, lowercases: lowercases)
        text.reserveCapacity(range.count)
        var parts: [Unicode.Scalar] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] < 0x80 {
                let byte = ascii[Int(bytes[index])]
                if byte != Self.removed { text.append(ascii: byte) }
                index += 1
            } else {
                let (scalar, next) = bytes.scalar(at: index)
                append(scalar, to: &text, &parts)
                index = next
            }
        }
        return text.finish()
    }

    private func append(_ scalar: Unicode.Scalar, to text: inout NormalizedText, _ parts: inout [Unicode.Scalar]) {
        if cleansText {
            if scalar == "\u{FFFD}" || scalar.isControlForReference { return }
            if scalar.properties.isWhitespace { return text.append(ascii: UInt8(ascii: " ")) }
        }
        let isSeparated = separatesIdeographs && scalar.isIdeographForReference
        if isSeparated { text.append(ascii: UInt8(ascii: " ")) }
        if stripsAccents {
            parts.removeAll(keepingCapacity: true)
            CanonicalDecomposition.append(scalar, to: &parts)
            for part in parts { text.appendDecomposed(part) }
        } else {
            text.append(scalar)
        }
        if isSeparated { text.append(ascii: UInt8(ascii: " ")) }
    }
}
