import Fleet

/// How fast jobs end, for telling those that are refused when to come again.
struct Pace {
    private var lastEnd: Instant?
    /// Exponentially weighted mean of the time between two ends, in seconds.
    private var interval: Double?

    mutating func jobEnded(_ now: Instant) {
        if let lastEnd {
            let gap = lastEnd.duration(to: now).inSeconds
            interval = interval.map { $0 + (gap - $0) / 8 } ?? gap
        }
        lastEnd = now
    }

    /// About the time until an eighth of the jobs under way has ended: 0.1 to 30 s, 1 s if nothing is known.
    func retryAfter(jobs: Int) -> Duration {
        guard let interval else { return .seconds(1) }
        return .milliseconds(Int64(min(max(interval * Double(max(jobs / 8, 1)), 0.1), 30) * 1000))
    }
}
