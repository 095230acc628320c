/// How long to wait between attempts to connect: doubling, bounded, and jittered.
///
/// Jitter keeps a fleet that lost its broker from coming back all in the same instant.
struct BackOff: Sendable {
    let shortest: Duration
    let longest: Duration
    /// A connection that lasted this long was a good one: the next attempt starts from the shortest wait.
    private let stable = Duration.seconds(5)
    private var failures = 0

    init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait after an attempt that ended: between half of min(longest, shortest · 2ⁿ) and all of it, where n
    /// counts the attempts since the last stable connection.
    ///
    /// - Parameters:
    ///   - lasted: how long the connection stood; nil if none came about.
    ///   - isContested: another client took this one's ID. Coming back fast would only throw that one out.
    mutating func wait(
        afterLasting lasted: Duration?, isContested: Bool = false, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let lasted, lasted >= stable { failures = 0 }
        var wait = shortest
        for _ in 0..<min(failures, 32) where wait < longest { wait = wait * 2 }
        failures += 1
        if isContested { wait = longest }
        return min(wait, longest) * Double.random(in: 0.5...1, using: &random)
    }
}
