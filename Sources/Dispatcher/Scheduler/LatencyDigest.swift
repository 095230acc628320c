import Fleet

/// How long attempts took of late: a histogram with four buckets an octave, whose counts are halved as they grow, so
/// that what is long ago counts less.
struct LatencyDigest: Sendable, Equatable {
    /// From 1 µs to 9 hours.
    private static let buckets = 140
    /// Halved at this many: about the last two hundred attempts count.
    private static let most = 128

    private var counts: [UInt8] = []
    private(set) var count = 0

    mutating func record(_ latency: Duration) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.buckets) }
        counts[Self.bucket(of: latency)] += 1
        count += 1
        if count == Self.most { halve() }
    }

    /// The latency that a part `quantile` of the attempts did not exceed, rounded up to its bucket's end; nil without any.
    func quantile(_ quantile: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = max(Int((quantile * Double(count)).rounded(.up)), 1)
        var seen = 0
        for (bucket, number) in counts.enumerated() {
            seen += Int(number)
            if seen >= rank { return Self.end(of: bucket) }
        }
        return nil
    }

    private mutating func halve() {
        count = 0
        for bucket in counts.indices {
            counts[bucket] = (counts[bucket] + 1) / 2
            count += Int(counts[bucket])
        }
    }

    /// Four to each power of two of microseconds.
    private static func bucket(of latency: Duration) -> Int {
        let microseconds = UInt64(max(latency.nanoseconds / 1000, 4))
        let exponent = 63 - microseconds.leadingZeroBitCount
        let quarter = Int(microseconds >> UInt64(exponent - 2)) & 3
        return min((exponent - 2) * 4 + quarter, buckets - 1)
    }

    private static func end(of bucket: Int) -> Duration {
        .microseconds(Int64(bucket % 4 + 5) << Int64(bucket / 4))
    }
}
