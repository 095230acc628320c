internal import Dispatch
internal import Fleet

/// A client's network thread: attempts to connect, the conversation while connected, and the waits between.
///
/// libmosquitto's own loop ends for good on many errors, so this one calls `mosquitto_loop` itself. Everything that
/// takes time is decided here, by the thread's own clock: no timers, and nothing on Swift's cooperative pool.
final class NetworkLoop: Sendable {
    private let session: Session
    private let address: BrokerAddress
    private let tls: TLSOptions?
    private let policy: ConnectPolicy
    private let wakeUp = DispatchSemaphore(value: 0)

    init(_ session: Session, _ address: BrokerAddress, _ tls: TLSOptions?, _ policy: ConnectPolicy) {
        self.session = session
        self.address = address
        self.tls = tls
        self.policy = policy
    }

    /// Ends a wait between attempts, so that closing does not wait for it.
    func interrupt() { wakeUp.signal() }

    /// The thread's whole life.
    func run() {
        let start = ContinuousClock.now
        var backOff = session.timing.backOff
        var random = SystemRandomNumberGenerator()
        var narrator = Narrator(isFirstRequired: policy != .retrying)
        while true {
            let attempt = Attempt(session, address, tls).run()
            guard let failure = attempt.failure else { break }
            session.step { $0.lastFailure = failure.error }
            if let reason = narrator.tells(failure.error.message, wasConnected: attempt.lasted != nil) {
                session.events.send(.disconnected(reason: reason))
            }
            let wait = backOff.wait(
                afterLasting: attempt.lasted, isContested: failure.isContested, using: &random)
            if case .required(let within) = policy, !narrator.hasConnected,
                !failure.error.isRetryable || .now + wait >= start + within
            {
                session.openingFailed(failure.error)
                break
            }
            _ = wakeUp.wait(timeout: .now() + .nanoseconds(Int(wait / .nanoseconds(1))))
            if session.step({ $0.isPastClosing(at: .now, grace: .zero) }) { break }
        }
        session.ended()
    }
}
