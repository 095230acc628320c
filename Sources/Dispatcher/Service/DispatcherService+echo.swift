import Fleet

/// Measuring the way to the broker.
extension DispatcherService {
    func startEchoes() { sendEcho(echo.start(at: echoTime)) }

    func received(echo payload: [UInt8]) {
        guard let measured = echo.received(payload, at: echoTime) else { return }
        meter.recordEcho(bytes: measured.bytes, seconds: measured.seconds)
        if let next = measured.next { sendEcho(next) }
    }

    private var echoTime: Double { Instant.origin.duration(to: now) / .seconds(1) }

    private func sendEcho(_ payload: [UInt8]) {
        enqueue(.update(Message(topic: topics.dispatcherEcho(options.id), payload: payload, expiry: 5)))
    }
}
