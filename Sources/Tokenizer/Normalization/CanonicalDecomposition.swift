import Foundation

/// The canonical decomposition of single characters (Unicode 9.0, as the reference has it).
enum CanonicalDecomposition {
    /// Appends what `scalar` decomposes into, itself if into nothing, in canonical order.
    static func append(_ scalar: Unicode.Scalar, to parts: inout [Unicode.Scalar]) {
        if let syllable = HangulSyllable(scalar) {
            parts += syllable.jamo
        } else if scalar.value >= first, let decomposed = table[scalar] {
            parts += decomposed
        } else {
            parts.append(scalar)
        }
    }

    private static let first: UInt32 = 0xC0

    /// Foundation decomposes strings, at a microsecond each: so every character is asked for once.
    private static let table: [Unicode.Scalar: [Unicode.Scalar]] = {
        var table: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for scalar in blocks.joined().lazy.compactMap(Unicode.Scalar.init) {
            guard CharacterSet.decomposables.contains(scalar), scalar.wasAssigned(in: 9) else { continue }
            let decomposed = Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
            if decomposed != [scalar] { table[scalar] = decomposed }
        }
        return table
    }()

    /// Where characters decompose; the Hangul syllables do so by rule.
    private static let blocks: [ClosedRange<UInt32>] = [
        first...0x30FF,
        // Chinese characters kept for compatibility, and Hebrew letters with points.
        0xF900...0xFB4F, 0x2F800...0x2FA1F,
        // Scripts of India.
        0x11000...0x119FF,
        // Musical symbols.
        0x1D100...0x1D1FF,
    ]
}

/// A syllable of two or three letters (The Unicode Standard, section 3.12).
private struct HangulSyllable {
    private static let firstSyllable: UInt32 = 0xAC00
    private static let syllables: UInt32 = 11172
    private static let vowels: UInt32 = 21
    /// One more than there are, for none.
    private static let finals: UInt32 = 28

    private let index: UInt32

    init?(_ scalar: Unicode.Scalar) {
        guard Self.firstSyllable..<Self.firstSyllable + Self.syllables ~= scalar.value else { return nil }
        index = scalar.value - Self.firstSyllable
    }

    var jamo: [Unicode.Scalar] {
        let leading = 0x1100 + index / (Self.vowels * Self.finals)
        let vowel = 0x1161 + index / Self.finals % Self.vowels
        let final = index % Self.finals
        let values = final == 0 ? [leading, vowel] : [leading, vowel, 0x11A7 + final]
        return values.compactMap(Unicode.Scalar.init)
    }
}
