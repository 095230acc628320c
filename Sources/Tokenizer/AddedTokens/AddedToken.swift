/// A token that is recognised in text as a whole, before there are words: `[MASK]`.
struct AddedToken: Sendable, Equatable {
    let content: String
    /// Only where no letter, digit or the like is next to it.
    var isSingleWord = false
    /// It takes the white space before it along.
    var stripsLeft = false
    /// It takes the white space behind it along.
    var stripsRight = false
    /// It is looked for, normalized, in normalized text.
    var isNormalized = false
}
