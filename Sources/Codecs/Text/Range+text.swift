/// A range in metadata: `FIRST-END`, decimal, END not in it.
extension Range<Int> {
    /// Nil unless `text` is a range from 0 or more that is not empty.
    package init?(text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let end = ends[1], first >= 0, first < end else { return nil }
        self = first..<end
    }

    package var text: String { "\(lowerBound)-\(upperBound)" }
}
