/// Decides which failures are told as events: a loss once, and before the first connection each new reason once.
struct Narrator {
    private(set) var hasConnected = false
    private let isFirstRequired: Bool
    private var lastReason: String?

    /// - Parameter isFirstRequired: failures before the first connection are thrown instead.
    init(isFirstRequired: Bool) { self.isFirstRequired = isFirstRequired }

    /// - Returns: the reason, if it is to be told.
    mutating func tells(_ reason: String, wasConnected: Bool) -> String? {
        if wasConnected {
            hasConnected = true
            return reason
        }
        guard !hasConnected, !isFirstRequired, reason != lastReason else { return nil }
        lastReason = reason
        return reason
    }
}
