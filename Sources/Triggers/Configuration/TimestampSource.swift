/// Where a message says when its reading was taken, and how.
public struct TimestampSource: Sendable, Equatable {
    public enum Place: Sendable, Equatable {
        case member(JSONPath)
        /// Of CSV, from 0.
        case column(Int)
        /// A key of a safetensors file's metadata.
        case metadata(String)
    }

    /// How a number counts from 1970.
    public enum Unit: String, Sendable, CaseIterable {
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
        case nanoseconds = "ns"

        var nanoseconds: Int64 {
            switch self {
            case .seconds: 1_000_000_000
            case .milliseconds: 1_000_000
            case .microseconds: 1000
            case .nanoseconds: 1
            }
        }
    }

    public let place: Place
    public let unit: Unit

    /// An integer is taken exactly, as a double has too few digits for nanoseconds of this century.
    func time(_ count: Int64) -> SensorTime? {
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        return overflow ? nil : SensorTime(nanoseconds: nanoseconds)
    }

    func time(_ count: Double) -> SensorTime? {
        let nanoseconds = (count * Double(unit.nanoseconds)).rounded()
        return nanoseconds.magnitude <= Double(SensorTime.limit) ? SensorTime(clamping: Int64(nanoseconds)) : nil
    }

    func time(_ text: some StringProtocol) -> SensorTime? {
        if let count = Int64(text) { return time(count) }
        return Double(text).flatMap { $0.isFinite ? time($0) : nil }
    }
}
