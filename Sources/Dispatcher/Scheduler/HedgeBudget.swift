/// A token bucket: hedging helps against a few slow attempts, and would make it worse when everything is slow.
struct HedgeBudget: Sendable {
    /// In thousandths of a hedge.
    private var tokens: Int
    private let capacity: Int
    private let perTask: Int

    init(_ settings: SchedulerSettings) {
        capacity = settings.hedgeBurst * 1000
        perTask = Int(settings.hedgesPerTask * 1000)
        tokens = capacity
    }

    mutating func earn() { tokens = min(tokens + perTask, capacity) }

    /// Takes a hedge out, if there is one.
    mutating func spend() -> Bool {
        guard tokens >= 1000 else { return false }
        tokens -= 1000
        return true
    }
}
