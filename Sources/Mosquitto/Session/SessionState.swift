internal import Fleet

/// What a client is, apart from any one connection: guarded by the session's lock.
///
/// Each method is one event. Callers whose wait it ends are noted in `ended` and resumed by the session, after it has
/// released the lock.
struct SessionState {
    /// The connection, as far as publishers and subscribers may use it.
    enum Link {
        case down
        /// Accepted by the broker; the remembered subscriptions are being made.
        case greeting(Handle)
        case up(Handle)
    }

    enum Phase: Equatable {
        case opening
        case open
        case closing(until: ContinuousClock.Instant, isDisconnecting: Bool)
        /// The network thread is done, or cut off while it still waits for the system.
        case closed
    }

    typealias Outcome = Result<Void, TransportError>
    typealias Waiter = CheckedContinuation<Outcome, Never>

    var phase = Phase.opening
    var link = Link.down
    /// The network thread is in a system call that may take minutes.
    var isDialling = false
    var maximumPacketSize: Int?
    /// Messages at QoS 1 that the broker acknowledged with a refusal, or that no longer fit its limits.
    var refusedPublishes: UInt64 = 0
    /// The reason of the last failed attempt, for whom opening takes too long.
    var lastFailure: TransportError?
    var window: PublishWindow
    var outbox = Outbox()
    var subscriptions = SubscriptionBook()
    var farewell: Message?
    private var waiters: [UInt64: Waiter] = [:]
    private(set) var ended: [(Waiter, Outcome)] = []

    init(_ options: ClientOptions) {
        window = PublishWindow(maximumBytes: options.window)
        farewell = options.farewell
    }

    var isUp: Bool { if case .up = link { true } else { false } }

    var isClosing: Bool {
        switch phase {
        case .opening, .open: false
        case .closing, .closed: true
        }
    }

    /// The end of the connection is what was asked for.
    var isDisconnecting: Bool {
        switch phase {
        case .opening, .open: false
        case .closing(_, let isDisconnecting): isDisconnecting
        case .closed: true
        }
    }

    /// What the connection can be asked to subscribe, if there is one.
    var linked: Handle? {
        switch link {
        case .down: nil
        case .greeting(let handle), .up(let handle): handle
        }
    }

    // MARK: - Waiting callers

    mutating func register(_ id: UInt64, _ waiter: Waiter) { waiters[id] = waiter }

    mutating func end(_ id: UInt64, _ outcome: Outcome) {
        if let waiter = waiters.removeValue(forKey: id) { ended.append((waiter, outcome)) }
    }

    mutating func takeEnded() -> [(Waiter, Outcome)] {
        defer { ended = [] }
        return ended
    }

    /// Ends a caller's wait because its task was cancelled.
    mutating func cancel(_ id: UInt64) {
        let (_, admitted) = window.withdraw { $0.id == id }
        for other in admitted { end(other, .success(())) }
        subscriptions.forget(subscriptions.abandon(id))
        end(id, .failure(TransportError(.cancelled, "cancelled")))
    }
}
