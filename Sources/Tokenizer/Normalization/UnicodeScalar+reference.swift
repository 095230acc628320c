// What the reference library takes a character for. Its tables are old: general categories are those of Unicode 8.0,
// decompositions and combining classes those of 9.0. To be equal to it, a character that came later is unassigned here,
// and one that changed its category since then has the old one. White space and lower case are the newest there and here.

extension Unicode.Scalar {
    /// The general category in Unicode 8.0; of what was not assigned then, `unassigned`.
    var referenceCategory: Unicode.GeneralCategory {
        switch value {
        case 0x1734, 0x1171E: .nonspacingMark
        case 0xA9BD: .spacingMark
        case 0x1885, 0x1886: .otherLetter
        case 0x166D, 0x111C9: .otherPunctuation
        default: wasAssigned(in: 8) ? properties.generalCategory : .unassigned
        }
    }

    /// The canonical combining class in Unicode 9.0: not 0 for marks that change places with their neighbours.
    var referenceCombiningClass: UInt8 {
        let combiningClass = properties.canonicalCombiningClass.rawValue
        return combiningClass == 0 || wasAssigned(in: 9) ? combiningClass : 0
    }

    /// Whether some `version.x` of Unicode has the character.
    func wasAssigned(in version: Int) -> Bool {
        guard let age = properties.age else { return false }
        return age.major <= version
    }

    /// Control and format characters and those of private use; not tab and line breaks, and nothing unassigned.
    var isControlForReference: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D: return false
        default: break
        }
        switch properties.generalCategory {
        case .control, .format, .privateUse: return wasAssigned(in: 8)
        default: return false
        }
    }

    /// Of Unicode's categories of punctuation, or one of ASCII's symbols.
    var isPunctuationForReference: Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        default: break
        }
        switch referenceCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    var isNonspacingMarkForReference: Bool { referenceCategory == .nonspacingMark }

    /// One of the blocks of Chinese characters that BERT separates. The gap at 2B820 is the reference's own.
    var isIdeographForReference: Bool {
        switch value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF: true
        case 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F: true
        default: false
        }
    }

    /// What `\w` matches in a regular expression (UTS #18, annex C).
    var isWordCharacter: Bool {
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}
