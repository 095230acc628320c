/// What a link costs, from how long messages of different sizes took: a line through them by least squares, in which older
/// messages count less and less, and large ones less than small ones: they are off by more.
///
/// Its slope is the seconds that a byte adds, its height those that any message takes. As long as sizes hardly differ the slope is
/// that assumed at first, which stands as a few messages of its own.
struct LinkMeter: Sendable, Equatable {
    private static let decay = 0.95

    private var (count, bytes, seconds, squares, products) = (0.0, 0.0, 0.0, 0.0, 0.0)

    /// - Parameter assumed: until there are observations.
    init(assumed: Link) {
        for size in [0.0, 1e6] {
            add(bytes: size, seconds: assumed.roundTrip + size / assumed.bytesPerSecond, share: 0.5)
        }
    }

    /// - Parameters:
    ///   - bytes: both ways together.
    ///   - seconds: both ways together, without what was computed between them.
    mutating func record(bytes: Int, seconds: Double) {
        guard seconds.isFinite, seconds >= 0 else { return }
        (count, self.bytes, self.seconds) = (count * Self.decay, self.bytes * Self.decay, self.seconds * Self.decay)
        (squares, products) = (squares * Self.decay, products * Self.decay)
        add(bytes: Double(bytes), seconds: seconds, share: 1)
    }

    /// What a message takes varies as a share of itself: of 64 KiB more, about as much more.
    private mutating func add(bytes: Double, seconds: Double, share: Double) {
        let size = 1 + bytes / 65_536
        let weight = share / (size * size)
        count += weight
        self.bytes += weight * bytes
        self.seconds += weight * seconds
        squares += weight * bytes * bytes
        products += weight * bytes * seconds
    }

    var link: Link {
        let spread = squares - bytes * bytes / count
        var slope = spread > 0 ? max((products - bytes * seconds / count) / spread, 0) : 0
        var height = (seconds - slope * bytes) / count
        // No message takes less than no time: then the best line is the one through zero.
        if height < 0 { (slope, height) = (products / squares, 0) }
        return Link(roundTrip: height, bytesPerSecond: slope > 0 ? 1 / slope : .infinity)
    }
}
