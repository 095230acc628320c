import Fleet
import Foundation
import LocalFleet

/// Kills one worker, once, when half of the shards are done: the one of which least has been heard, since that is in the
/// middle of something.
actor Killer {
    private let fleet: LocalFleet
    private let page: DemoPage
    private(set) var victim: String?
    private var shardsDone: [String: Int] = [:]

    init(fleet: LocalFleet, page: DemoPage) {
        self.fleet = fleet
        self.page = page
    }

    func halfway(_ progress: DemoProgress) async {
        guard case .done(let shard, let done, let total) = progress else { return }
        shardsDone[shard.worker, default: 0] += 1
        guard victim == nil, done * 2 >= total else { return }
        let others = (1...3).map(LocalFleet.worker).filter { $0 != shard.worker }
        guard let name = others.min(by: { shardsDone[$0, default: 0] < shardsDone[$1, default: 0] }) else { return }
        do {
            try await fleet.kill(name, signal: SIGKILL)
            victim = name
            page.warn("kill -9 \(name)")
        } catch {
            page.warn("\(name) could not be killed: \(error)")
        }
    }
}
