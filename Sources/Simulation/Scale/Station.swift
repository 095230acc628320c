import Fleet

/// A `ScaleStation` at work: serves messages in the order of their coming, one at a time.
struct Station {
    private let station: ScaleStation
    private var free = Instant.origin
    /// Seconds that it was at work.
    private(set) var busy = 0.0
    private(set) var bytes = 0
    private(set) var messages = 0

    init(_ station: ScaleStation) { self.station = station }

    /// - Returns: when the message that has come now has passed.
    /// - Parameter seconds: for which it is at work on it; nil: as on any of its size.
    mutating func pass(_ size: Int, taking seconds: Double? = nil, at now: Instant) -> Instant {
        bytes += size
        messages += 1
        return work(seconds ?? station.seconds(size), at: now)
    }

    /// Works on something that is no message.
    mutating func work(_ seconds: Double, at now: Instant) -> Instant {
        busy += seconds
        free = max(free, now).advanced(by: .nanoseconds(Int64((seconds * 1e9).rounded())))
        return free
    }
}
