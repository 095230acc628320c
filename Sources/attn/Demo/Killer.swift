import Fleet
import Foundation
import LocalFleet

/// Kills one worker, once, when half of the shards are done.
actor Killer {
    private let fleet: LocalFleet
    private let page: DemoPage
    private(set) var victim: String?

    init(fleet: LocalFleet, page: DemoPage) {
        self.fleet = fleet
        self.page = page
    }

    func halfway(_ progress: DemoProgress) async {
        guard case .done(let shard, let done, let total) = progress, victim == nil, done * 2 >= total else { return }
        // Not the one that just answered: another is in the middle of a shard.
        let name = (1...3).map(LocalFleet.worker).first { $0 != shard.worker } ?? LocalFleet.worker(1)
        do {
            try await fleet.kill(name, signal: SIGKILL)
            victim = name
            page.warn("kill -9 \(name)")
        } catch {
            page.warn("\(name) could not be killed: \(error)")
        }
    }
}
