/// Seconds that something took, once for each sample.
public struct Samples: Sendable, Equatable {
    public let seconds: [Double]

    /// At least one.
    init(_ seconds: [Double]) { self.seconds = seconds }

    /// The middle one; of an even number, the mean of the middle two.
    public var median: Double {
        let sorted = seconds.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    public var least: Double { seconds.min() ?? .nan }

    /// A sample lasts at least this long, in seconds: what takes less is done several times for one, so that the clock
    /// and a thread's wake-up do not count.
    static let leastDuration = 2e-3

    /// Times `body` after it has run at least twice to warm up.
    static func measure<Failure: Error>(
        _ count: Int, _ body: () async throws(Failure) -> Void
    ) async throws(Failure) -> Samples {
        try await body()
        let once = try await time(1, body)
        let batch = batchSize(for: once)
        // For long enough that caches and clock frequency have settled.
        if batch > 1 { _ = try await time(batch, body) }
        var seconds: [Double] = []
        for _ in 0..<count { seconds.append(try await time(batch, body)) }
        return Samples(seconds)
    }

    /// How often something that takes `seconds` is done for one sample.
    static func batchSize(for seconds: Double) -> Int {
        guard seconds < leastDuration else { return 1 }
        return Int((leastDuration / max(seconds, 1e-7)).rounded(.up))
    }

    /// How long `body` takes, in seconds.
    static func time<Failure: Error>(_ body: () async throws(Failure) -> Void) async throws(Failure) -> Double {
        try await time(1, body)
    }

    private static func time<Failure: Error>(
        _ count: Int, _ body: () async throws(Failure) -> Void
    ) async throws(Failure) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        for _ in 0..<count { try await body() }
        return start.duration(to: clock.now) / .seconds(1) / Double(count)
    }
}
