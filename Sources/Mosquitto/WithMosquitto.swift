public import Fleet

/// Opens a client of an MQTT 5 broker for as long as `body` runs.
///
/// The client has a network thread of its own. It connects again by itself after a loss, for ever, with jittered
/// back-off from 0.1 s to 15 s, and starts every session clean. At the end, however `body` ends, what was handed over
/// is sent, then `options.farewell`, then the connection is closed in good order; that takes 6 s at most.
///
/// - Parameters:
///   - tls: for `mqtts` addresses; nil trusts the system's authorities.
///   - connect: what happens until the first connection stands.
/// - Throws: `TransportError` with code `.unreachable`, `.unknownHost`, `.notAuthorized`, `.tls`, `.protocolViolation`,
///   `.timeout` or `.cancelled` if a required first connection fails; what `body` throws.
public func withMosquitto<R>(
    _ address: BrokerAddress, options: ClientOptions, tls: TLSOptions? = nil,
    connect: ConnectPolicy = .required(within: .seconds(5)),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (MosquittoTransport) async throws -> R
) async throws -> R {
    try await withMosquitto(
        address, options: options, tls: tls, connect: connect, timing: Timing(), isolation: isolation, body)
}

func withMosquitto<R>(
    _ address: BrokerAddress, options: ClientOptions, tls: TLSOptions? = nil,
    connect: ConnectPolicy = .required(within: .seconds(5)), timing: Timing,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (MosquittoTransport) async throws -> R
) async throws -> R {
    try options.will?.validateAsWill()
    try options.farewell?.validate()
    let explainer = FailureExplainer(
        address: address, clientID: options.clientID, hasCertificate: tls?.certificateFile != nil)
    let session = Session(options, explainer, timing: timing)
    let loop = NetworkLoop(session, address, tls, connect)
    guard NetworkThread.start(loop.run) else {
        throw TransportError(.unreachable, "the system gives no thread for the connection to \(address)")
    }
    do {
        if case .required(let within) = connect {
            try await openSession(session, within: within > .zero ? within : timing.handshake, address)
        }
        let result = try await body(MosquittoTransport(session))
        await close(session, loop)
        return result
    } catch {
        await close(session, loop)
        throw error
    }
}

/// Waits for the first connection; the bound matters when the system itself does not come back, from a DNS server or
/// an address that swallows packets.
private func openSession(
    _ session: Session, within bound: Duration, _ address: BrokerAddress
) async throws(TransportError) {
    let timer = Task {
        try await Task.sleep(for: bound)
        session.openingTimedOut(
            TransportError(
                .timeout, "no connection to \(address) within \(bound): check the address, the network and firewalls"))
    }
    defer { timer.cancel() }
    try await session.open()
}

private func close(_ session: Session, _ loop: NetworkLoop) async {
    session.beginClosing()
    loop.interrupt()
    await session.closed()
}
