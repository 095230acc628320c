/// Leaves out of a failing input what it does not need to fail: delta debugging (Zeller and Hildebrandt, "Simplifying
/// and Isolating Failure-Inducing Input", 2002).
///
/// Tries ever smaller parts, and everything but them, until no single item can be left out; so many as n² times for n
/// items at worst, n·log n if the items have little to do with each other.
///
/// - Parameters:
///   - items: what fails.
///   - most: of how often `fails` is asked; what is smallest by then is returned.
///   - fails: whether some of the items, in their order, fail as well.
func smallestFailing<Item>(_ items: [Item], asking most: Int = .max, fails: ([Item]) -> Bool) -> [Item] {
    var search = ShrinkSearch(smallest: items, left: most)
    search.run(fails)
    return search.smallest
}

private struct ShrinkSearch<Item> {
    var smallest: [Item]
    /// How often it may be asked.
    var left: Int

    mutating func run(_ fails: ([Item]) -> Bool) {
        guard !smallest.isEmpty, !succeeds(with: [], fails) else { return }
        var parts = 2
        while smallest.count >= 2, left > 0 {
            if let part = part(of: parts, fails) {
                parts = max(part, 2)
            } else if parts < smallest.count {
                parts = min(2 * parts, smallest.count)
            } else {
                return
            }
        }
    }

    /// Makes one of so many parts, or all but one of them, the smallest if it fails.
    /// - Returns: into how many parts that is to be cut next; nil if none fails.
    private mutating func part(of parts: Int, _ fails: ([Item]) -> Bool) -> Int? {
        let cuts = (0...parts).map { $0 * smallest.count / parts }
        // With two parts, everything but one is the other.
        if parts > 2 {
            for (start, end) in zip(cuts, cuts.dropFirst())
            where succeeds(with: Array(smallest[start..<end]), fails) { return 2 }
        }
        for (start, end) in zip(cuts, cuts.dropFirst())
        where succeeds(with: Array(smallest[..<start] + smallest[end...]), fails) { return parts - 1 }
        return nil
    }

    private mutating func succeeds(with items: [Item], _ fails: ([Item]) -> Bool) -> Bool {
        guard left > 0 else { return false }
        left -= 1
        guard fails(items) else { return false }
        smallest = items
        return true
    }
}
