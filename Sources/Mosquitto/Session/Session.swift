internal import Fleet
internal import Synchronization

/// A client's life across connections: the meeting point of its callers and its network thread.
final class Session: Sendable {
    let options: ClientOptions
    let events: Mailbox
    let timing: Timing
    let explainer: FailureExplainer
    private let state: Mutex<SessionState>
    private let identifiers = Atomic<UInt64>(SubscriptionBook.renewal + 1)
    private let opening: UInt64
    private let closing: UInt64

    init(_ options: ClientOptions, _ explainer: FailureExplainer, timing: Timing) {
        self.options = options
        self.explainer = explainer
        self.timing = timing
        events = Mailbox(limits: options.mailbox)
        state = Mutex(SessionState(options))
        opening = identifiers.add(1, ordering: .relaxed).oldValue
        closing = identifiers.add(1, ordering: .relaxed).oldValue
    }

    /// Runs one step under the lock, then resumes the callers whose wait it ended.
    func step<R: Sendable>(_ body: (inout SessionState) -> R) -> R {
        let (result, ended) = state.withLock { state in
            let result = body(&state)
            return (result, state.takeEnded())
        }
        for (waiter, outcome) in ended { waiter.resume(returning: outcome) }
        return result
    }

    /// Waits until `end(id, …)`, or until the calling task is cancelled.
    ///
    /// - Parameter start: the first step, under the lock; a result ends the wait before it began.
    func wait(
        _ id: UInt64, isCancellable: Bool = true, start: (inout SessionState) -> SessionState.Outcome?
    ) async -> SessionState.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let outcome = step { state -> SessionState.Outcome? in
                    if isCancellable, Task.isCancelled {
                        return .failure(TransportError(.cancelled, "cancelled"))
                    }
                    let outcome = start(&state)
                    if outcome == nil { state.register(id, waiter) }
                    return outcome
                }
                if let outcome { waiter.resume(returning: outcome) }
            }
        } onCancel: {
            if isCancellable { step { $0.cancel(id) } }
        }
    }

    func newIdentifier() -> UInt64 { identifiers.add(1, ordering: .relaxed).oldValue }

    // MARK: - Opening and closing

    /// Waits for the first connection.
    func open() async throws(TransportError) {
        try await wait(opening) { state in
            switch state.phase {
            case .opening: nil
            case .open: .success(())
            // The thread was faster than this call.
            case .closing, .closed:
                .failure(state.lastFailure ?? TransportError(.closed, "the transport is closed"))
            }
        }.get()
    }

    /// A connection stands, with all subscriptions made.
    func connected(_ handle: Handle) { step { $0.up(handle, opening: opening) } }

    /// The wait for the first connection is over, in vain.
    func openingFailed(_ error: TransportError) {
        step { state in
            state.lastFailure = error
            state.phase = .closed
            state.end(opening, .failure(error))
        }
    }

    /// The wait for the first connection has lasted too long; says what is known of the cause.
    func openingTimedOut(_ error: TransportError) {
        step { $0.end(opening, .failure($0.lastFailure ?? error)) }
    }

    /// Refuses further calls, and has the network thread send what it holds and say goodbye.
    func beginClosing() { step { $0.beginClosing(until: .now + timing.drain) } }

    /// Waits for that; also in a cancelled task.
    ///
    /// A thread that waits for the system may do so for minutes, so the bound is kept here. The thread ends by itself
    /// when it comes back.
    func closed() async {
        let timer = Task {
            try await Task.sleep(for: timing.drain + timing.disconnect * 2)
            ended()
        }
        _ = await wait(closing, isCancellable: false) { state in
            if state.isDialling, state.outbox.isEmpty { state.phase = .closed }
            return state.phase == .closed ? .success(()) : nil
        }
        timer.cancel()
        events.finish()
    }

    /// The network thread is done, or no longer waited for.
    func ended() {
        step { state in
            state.phase = .closed
            state.end(closing, .success(()))
        }
        events.finish()
    }
}
