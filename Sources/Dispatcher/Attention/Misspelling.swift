extension String {
    /// Whether this is most likely meant to be `name` but is written otherwise: other case, `-` for `_` or none; one
    /// letter more, less or another; and in names of 8 letters or more two neighbouring letters wrong or swapped.
    ///
    /// Takes time linear in the shorter text, since strangers choose it.
    func isMisspelling(of name: String) -> Bool {
        guard self != name, abs(utf8.count - name.utf8.count) <= 4 else { return false }
        let (own, other) = (plainLetters, name.plainLetters)
        guard own != other else { return true }
        let prefix = zip(own, other).prefix { $0 == $1 }.count
        let (ownRest, otherRest) = (own.dropFirst(prefix), other.dropFirst(prefix))
        let suffix = zip(ownRest.reversed(), otherRest.reversed()).prefix { $0 == $1 }.count
        return max(ownRest.count, otherRest.count) - suffix <= (other.count < 8 ? 1 : 2)
    }

    /// In lower case, without `_` and `-`.
    private var plainLetters: [UInt8] {
        utf8.lazy.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
            .map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }
}
