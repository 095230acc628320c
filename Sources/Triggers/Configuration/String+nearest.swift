extension String {
    /// Which of some words this is most likely meant to be: the one with the fewest letters to insert, leave out, change
    /// or swap with their neighbour, where that is at most a third of them; nil if none is so near.
    func nearest(among words: some Sequence<String>) -> String? {
        guard utf8.count <= 64 else { return nil }
        return words.map { (word: $0, distance: editDistance(to: $0)) }
            .filter { $0.distance <= max(1, $0.word.utf8.count / 3) }
            .min { $0.distance < $1.distance }?.word
    }

    /// Optimal string alignment: rows of the table of distances between prefixes, in lower case, `-` taken as `_`.
    private func editDistance(to word: String) -> Int {
        let (own, other) = (plainLetters, word.plainLetters)
        var beforeLast: [Int] = []
        var last = Array(0...other.count)
        for (row, letter) in own.enumerated() {
            var current = [row + 1]
            for (column, otherLetter) in other.enumerated() {
                let change = last[column] + (letter == otherLetter ? 0 : 1)
                var distance = Swift.min(change, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == other[column - 1], own[row - 1] == otherLetter {
                    distance = Swift.min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            (beforeLast, last) = (last, current)
        }
        return last[other.count]
    }

    private var plainLetters: [UInt8] {
        lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }
}
