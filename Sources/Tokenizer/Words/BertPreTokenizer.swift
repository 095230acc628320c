/// Cuts normalized text into words: white space separates and is left out, each punctuation mark is a word by itself.
enum BertPreTokenizer {
    private enum Role: UInt8 {
        case letter
        case space
        case punctuation
    }

    private static let ascii: [Role] = (0..<0x80).map { role(Unicode.Scalar($0)) }

    /// Calls `body` with the range of each word, until it returns false.
    /// - Parameter text: valid UTF-8.
    static func forEachWord(in text: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Bool) {
        let ascii = Self.ascii
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            let (role, next) = role(at: index, in: text, ascii)
            if role != .letter {
                if start < index, !body(start..<index) { return }
                if role == .punctuation, !body(index..<next) { return }
                start = next
            }
            index = next
        }
        if start < index { _ = body(start..<index) }
    }

    private static func role(at index: Int, in text: [UInt8], _ ascii: [Role]) -> (Role, next: Int) {
        if text[index] < 0x80 { return (ascii[Int(text[index])], index + 1) }
        let (scalar, next) = text.scalar(at: index)
        return (role(scalar), next)
    }

    private static func role(_ scalar: Unicode.Scalar) -> Role {
        if scalar.properties.isWhitespace { return .space }
        return scalar.isPunctuationForReference ? .punctuation : .letter
    }
}
