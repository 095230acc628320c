/// A point on a monotonic clock, in nanoseconds since an origin that the clock's owner chose.
///
/// The cores read no clock: a shell passes the real one's instants in, a simulation its own.
public struct Instant: InstantProtocol, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let origin = Instant(nanoseconds: 0)

    public func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: nanoseconds + duration.nanoseconds)
    }

    public func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    public var description: String { "\(Double(nanoseconds) / 1e9) s" }
}

extension Duration {
    /// In whole nanoseconds, held within ±146 years: half of what `Int64` holds, so that an instant of any clock that
    /// began near its origin can be advanced by it.
    public var nanoseconds: Int64 {
        let limit = Int64.max / 2
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, scaled.magnitude <= limit.magnitude else { return seconds < 0 ? -limit : limit }
        // No overflow: the fraction is less than a second.
        return min(max(scaled + attoseconds / 1_000_000_000, -limit), limit)
    }

    public var inSeconds: Double { Double(nanoseconds) / 1e9 }

    public var inMilliseconds: Double { Double(nanoseconds) / 1e6 }
}
