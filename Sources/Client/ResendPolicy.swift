import Fleet

/// When a job that was refused for now is sent again: not before the dispatcher's hint, and later each time, at random, so
/// that many clients do not come back together.
struct ResendPolicy: Sendable {
    private static let longest: Duration = .seconds(30)

    private var random: SeededGenerator
    private var refusals = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Whether a refusal is one to come back after.
    static func applies(to answer: JobAnswer) -> Bool {
        guard answer.status == .failed, let code = answer.errorCode.flatMap(JobError.Code.init) else { return false }
        switch code {
        case .busy, .shuttingDown: return true
        case .journal: return answer.retryAfter != nil
        default: return false
        }
    }

    /// How long to wait after one more refusal.
    mutating func wait(hint: Duration?) -> Duration {
        let least = min(max(hint ?? .seconds(1), .milliseconds(10)), Self.longest)
        let most = min(least * (2 << min(refusals, 5)), Self.longest)
        refusals += 1
        return .nanoseconds(Int64.random(in: least.nanoseconds...max(most, least).nanoseconds, using: &random))
    }
}
