import Glibc
import LocalFleet
import Synchronization

/// Children that ended though no nemesis had a hand in it.
final class Crashes: Sendable {
    private let found = Mutex<[String]>([])

    var all: [String] { found.withLock { $0 } }

    func watch(_ fleet: LocalFleet) async {
        for await exit in fleet.exits where exit.status != .signalled(SIGKILL) {
            found.withLock { $0.append("\(exit)") }
        }
    }
}
