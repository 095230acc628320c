extension String {
    /// Levenshtein's: insertions, deletions and substitutions that make one text the other.
    func editDistance(to other: String) -> Int {
        let (own, other) = (Array(utf8), Array(other.utf8))
        var previous = Array(0...other.count)
        for (row, byte) in own.enumerated() {
            var current = [row + 1]
            for (column, otherByte) in other.enumerated() {
                current.append(
                    Swift.min(
                        previous[column] + (byte == otherByte ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[other.count]
    }
}
