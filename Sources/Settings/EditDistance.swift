extension String {
    /// Levenshtein's: insertions, deletions and substitutions that make one text the other.
    package func editDistance(to other: String) -> Int {
        let other = Array(other.utf8)
        // To each beginning of the other text, from the beginning of this one so far.
        var distances = Array(0...other.count)
        for byte in utf8 {
            var diagonal = distances[0]
            distances[0] += 1
            for (column, otherByte) in other.enumerated() {
                let substituted = diagonal + (byte == otherByte ? 0 : 1)
                diagonal = distances[column + 1]
                distances[column + 1] = Swift.min(substituted, diagonal + 1, distances[column] + 1)
            }
        }
        return distances[other.count]
    }
}
