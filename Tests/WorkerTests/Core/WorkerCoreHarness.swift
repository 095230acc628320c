// A worker's core with short words for what happens to it, and the names that the tests use.

import Fleet
import Worker

struct WorkerCoreHarness {
    static let life = Incarnation(7)

    var core: WorkerCore
    /// Everything that the core has asked for since the last `take`.
    var actions: [WorkerAction] = []

    init(slots: Int = 1, prefetch: Int = 0, connected: Bool = true) {
        core = WorkerCore(incarnation: Self.life, slots: slots, prefetch: prefetch)
        if connected {
            handle(.connected)
            actions = []
        }
    }

    mutating func handle(_ event: WorkerEvent) { actions += core.handle(event) }

    mutating func receive(_ keys: TaskKey...) {
        for key in keys { handle(.taskReceived(key, for: Self.life)) }
    }

    mutating func compute(_ key: TaskKey, succeeded: Bool = true) {
        handle(.taskComputed(key, succeeded: succeeded))
    }

    /// Returns the actions since the last call, and forgets them.
    mutating func take() -> [WorkerAction] {
        defer { actions = [] }
        return actions
    }
}

func key(_ number: UInt64, of dispatcher: PeerID = first) -> TaskKey {
    TaskKey(dispatcher: dispatcher, lease: LeaseToken(epoch: 1, number: number))
}

let first = PeerID("d1")!
let second = PeerID("d2")!
