import ArgumentParser

/// What is done to the fleet. Raw values are the words of `--nemeses`.
enum Nemesis: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// kill -9 of a random worker every 2 s.
    case worker
    /// SIGSTOP of a random worker for 10 s.
    case hang
    /// SIGTERM or SIGKILL of the broker.
    case broker
    /// kill -9 of the dispatcher.
    case dispatcher
    /// Connections reset in the middle of what they carry.
    case cut
    /// Connections slowed down to 200 kB/s.
    case throttle
    /// Noise, truncated and repeated messages, results under leases that are not theirs.
    case garbage

    /// From one time to the next.
    var period: Duration {
        switch self {
        case .worker: .seconds(2)
        case .hang: .seconds(15)
        case .broker: .seconds(17)
        case .dispatcher: .seconds(7)
        case .cut: .seconds(3)
        case .throttle: .seconds(19)
        case .garbage: .milliseconds(50)
        }
    }
}
