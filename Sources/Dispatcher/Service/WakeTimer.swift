/// One sleeping task that wakes its owner no later than asked for.
///
/// An alarm that moves to a later time, as that of the next deadline does with every job that ends, is left where it is: it
/// wakes once in vain. To sleep anew each time would leave as many cancelled sleeps as there were jobs, for each of which the
/// runtime keeps its task until the time it was to end.
struct WakeTimer {
    private var task: Task<Void, Never>?
    private var due: ContinuousClock.Instant?

    /// Sees to it that `wake` is called at that time or before; nil: nothing is to be waited for.
    mutating func set(_ instant: ContinuousClock.Instant?, _ wake: @escaping @Sendable () async -> Void) {
        guard let instant else { return }
        if let due, due <= instant { return }
        task?.cancel()
        due = instant
        task = Task {
            do { try await ContinuousClock().sleep(until: instant) } catch { return }
            await wake()
        }
    }

    /// To be called first when it has woken its owner, who sets it again.
    mutating func woke() { due = nil }

    func cancel() { task?.cancel() }
}
