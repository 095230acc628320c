internal import Fleet

/// One attempt to connect, and the conversation if it succeeds. Runs on the network thread.
struct Attempt {
    struct Outcome {
        /// Nil if the connection was closed as asked.
        var failure: ConnectionFailure?
        /// How long the connection stood; nil if it never got as far as `.connected`.
        var lasted: Duration?
    }

    /// How long to wait for traffic. Publishing wakes the loop; this is for what no packet announces.
    private static let idleMilliseconds: Int32 = 1000
    private static let busyMilliseconds: Int32 = 50

    private let session: Session
    private let address: BrokerAddress
    private let tls: TLSOptions?
    private let connection: Connection

    init(_ session: Session, _ address: BrokerAddress, _ tls: TLSOptions?) {
        self.session = session
        self.address = address
        self.tls = tls
        connection = Connection(session: session)
    }

    func run() -> Outcome {
        let handle: Handle
        do throws(ConnectionFailure) {
            handle = try Handle(session.options, address, tls, callbacks: connection)
        } catch {
            return Outcome(failure: error)
        }
        let mayDial = session.step { state in
            state.isDialling = !state.isPastClosing(at: .now, grace: .zero)
            return state.isDialling
        }
        guard mayDial else { return Outcome() }
        let failure = handle.connect(to: address, keepAlive: session.options.keepAlive)
        let isLeft = session.step { state in
            state.isDialling = false
            return state.isPastClosing(at: .now, grace: .zero)
        }
        if isLeft { return Outcome() }
        if let failure { return Outcome(failure: session.explainer.dialling(failure, log: connection.log.lines)) }
        defer { session.step { $0.lost() } }
        return converse(handle)
    }

    /// Talks to the broker until the connection ends.
    private func converse(_ handle: Handle) -> Outcome {
        let started = ContinuousClock.now
        var announced: ContinuousClock.Instant?
        while true {
            let isIdle = announced != nil && !session.step { $0.isClosing }
            let failure = handle.loop(milliseconds: isIdle ? Self.idleMilliseconds : Self.busyMilliseconds)
            let now = ContinuousClock.now
            if announced == nil, connection.failure == nil, !connection.isEnded, greet(handle, since: started) {
                announced = now
            }
            let isLeft = session.step { state in
                state.expireRequests(at: now)
                state.progressClosing(at: now)
                return state.isPastClosing(at: now, grace: session.timing.disconnect)
            }
            if let end = ending(handle, failure, since: started, isGreeted: announced != nil)
                ?? (isLeft ? .some(nil) : nil)
            {
                return Outcome(failure: end, lasted: announced.map { now - $0 })
            }
        }
    }

    /// Takes an accepted connection a step further: subscribe, then announce.
    ///
    /// - Returns: whether it is announced.
    private func greet(_ handle: Handle, since started: ContinuousClock.Instant) -> Bool {
        guard let limits = connection.limits else { return false }
        let progress = session.step { state -> Result<Bool, TransportError> in
            if state.linked == nil {
                let deadline = started + session.timing.handshake
                if let error = state.accepted(handle, limits, deadline: deadline) { return .failure(error) }
            }
            return .success(!state.subscriptions.isWaiting(for: SubscriptionBook.renewal))
        }
        switch progress {
        case .success(false):
            return false
        case .failure(let error):
            connection.fail(error)
            return false
        case .success(true):
            if connection.failure != nil { return false }
            session.connected(handle)
            connection.announce()
            handle.silence()
            return true
        }
    }

    /// Why the connection ends now: nil if it does not, `.some(nil)` if it was closed as asked.
    private func ending(
        _ handle: Handle, _ failure: LibraryFailure?, since started: ContinuousClock.Instant, isGreeted: Bool
    ) -> ConnectionFailure?? {
        if let failure = connection.failure { return failure }
        let explainer = session.explainer
        let log = connection.log.lines
        if let failure {
            return connection.limits == nil ? explainer.handshake(failure, log: log) : explainer.loss(failure)
        }
        if connection.isEnded {
            return session.step({ $0.isDisconnecting }) ? .some(nil) : explainer.loss(.connectionLost)
        }
        guard !isGreeted else { return nil }
        if connection.limits == nil, address.usesTLS, handle.isPeerGone {
            return explainer.handshake(.connectionLost, log: log)
        }
        if ContinuousClock.now >= started + session.timing.handshake {
            return explainer.handshakeTimeout(after: session.timing.handshake)
        }
        return nil
    }
}
