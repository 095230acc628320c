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
    /// In whole nanoseconds, held at the ends of the range (±292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min / 2 : .max / 2 }
        return scaled.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    public var inSeconds: Double { Double(nanoseconds) / 1e9 }

    public var inMilliseconds: Double { Double(nanoseconds) / 1e6 }
}
