/// When a reading was taken, in nanoseconds since 1970: by the sensor's word, or by when it came.
public struct SensorTime: Sendable, Hashable, Comparable {
    public let nanoseconds: Int64

    /// Half of what the type holds, so that the distance of any two times fits: 146 years from 1970 either way.
    static let limit = Int64.max / 2

    /// Nil beyond 146 years from 1970.
    public init?(nanoseconds: Int64) {
        guard nanoseconds.magnitude <= Self.limit.magnitude else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Held within the limits.
    init(clamping nanoseconds: Int64) { self.nanoseconds = min(max(nanoseconds, -Self.limit), Self.limit) }

    public var inSeconds: Double { Double(nanoseconds) / 1e9 }

    public static func < (a: SensorTime, b: SensorTime) -> Bool { a.nanoseconds < b.nanoseconds }
}
