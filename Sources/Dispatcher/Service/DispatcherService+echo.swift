import Fleet

/// Measuring the way to the broker.
extension DispatcherService {
    func startEchoes() { send(echoes: echo.start(at: seconds)) }

    /// The way changes, as with load: its round trip is measured again while there is nothing else to do.
    func measureAgain() {
        guard jobs.isEmpty, echo.mayRepeat(at: seconds) else { return }
        send(echoes: echo.start(at: seconds, isBrief: true))
    }

    func received(echo payload: [UInt8]) {
        guard let (finding, next) = echo.received(payload, at: seconds) else { return }
        if let finding { meter.record(finding) }
        send(echoes: next)
    }

    /// This clock, in seconds.
    var seconds: Double { Instant.origin.duration(to: now) / .seconds(1) }

    private func send(echoes: [[UInt8]]) {
        for payload in echoes {
            enqueue(.update(Message(topic: topics.dispatcherEcho(options.id), payload: payload, expiry: 5)))
        }
    }
}
