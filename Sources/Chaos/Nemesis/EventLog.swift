import Fleet
import Synchronization

/// What was done to the fleet, when.
final class EventLog: Sendable {
    private let counts = Mutex<[Nemesis: Int]>([:])
    private let start = ContinuousClock.now
    private let echo: (@Sendable (String) -> Void)?

    init(echo: (@Sendable (String) -> Void)?) { self.echo = echo }

    var strikes: [Nemesis: Int] { counts.withLock { $0 } }

    func note(_ nemesis: Nemesis?, _ what: String) {
        if let nemesis { count(nemesis) }
        let seconds = start.duration(to: .now).inSeconds
        echo?("\((seconds * 10).rounded() / 10) s: \(nemesis.map { "\($0.rawValue): " } ?? "")\(what)")
    }

    func count(_ nemesis: Nemesis) { counts.withLock { $0[nemesis, default: 0] += 1 } }
}
