// Random lives of a worker, by seed: whatever happens in whatever order, what must hold holds after every event.

import Fleet
import Testing
import Worker

@Suite("Random lives of a worker") struct WorkerCoreRandomTests {
    @Test("Slots and credits are kept, and every task taken ends exactly once", arguments: 0..<200)
    func lives(seed: UInt64) {
        var life = RandomLife(seed: seed)
        for _ in 0..<400 { life.step() }
        life.end()
        #expect(life.violations.isEmpty, "seed \(seed): \(life.violations.first ?? "")")
    }

    @Test("The same events give the same actions")
    func deterministic() {
        var (one, other) = (RandomLife(seed: 5), RandomLife(seed: 5))
        for _ in 0..<400 {
            one.step()
            other.step()
        }
        #expect(one.log == other.log)
        #expect(one.log.count > 200)
    }
}

/// A shell that does what the core says, late and in any order, and a watch on what it says.
private struct RandomLife {
    private enum Place { case held, started }

    private var random: SeededGenerator
    private var core: WorkerCore
    private let slots: Int
    private let prefetch: Int
    /// Tasks taken and not yet ended, as far as the actions tell.
    private var open: [TaskKey: Place] = [:]
    /// Computations under way, of abandoned tasks too.
    private var computing: [TaskKey] = []
    /// Results handed over to be sent, of which it is not yet known whether they were.
    private var sending: [TaskKey] = []
    private var ended: Set<TaskKey> = []
    /// Results that could not be sent, ever.
    private var returned: Set<TaskKey> = []
    private var nextNumber: UInt64 = 0
    private var isDraining = false
    private(set) var violations: [String] = []
    private(set) var log: [WorkerAction] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        slots = Int.random(in: 1...3, using: &random)
        prefetch = Int.random(in: 0...2, using: &random)
        core = WorkerCore(incarnation: WorkerCoreHarness.life, slots: slots, prefetch: prefetch)
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40: receiveNew()
        case ..<44: if let key = pick(open.keys.sorted()) { feed(.taskReceived(key, for: WorkerCoreHarness.life)) }
        case ..<46: feed(.taskReceived(newKey(), for: Incarnation(1)))
        case ..<76: compute()
        case ..<82: if let key = pick(open.keys.sorted()) { feed(.cancelled(key)) }
        case ..<84: feed(.cancelled(key(1_000_000)))
        case ..<90: feed(.connected)
        case ..<94: feed(.disconnected)
        case ..<99: settleSending()
        default:
            // Rarely, or most of a life would be spent leaving.
            if Int.random(in: 0..<8, using: &random) == 0 {
                isDraining = true
                feed(.drain)
            }
        }
    }

    /// Brings everything under way to its end: then nothing may be held.
    mutating func end() {
        feed(.connected)
        while !computing.isEmpty { compute() }
        sending = []
        isDraining = true
        feed(.drain)
        check(core.leases.isEmpty && open.isEmpty, "held at the end")
        check(core.running == 0, "running at the end")
        check(log.last == .drained, "not drained at the end")
    }

    private mutating func newKey() -> TaskKey {
        nextNumber += 1
        return key(nextNumber, of: Bool.random(using: &random) ? first : second)
    }

    private mutating func receiveNew() {
        let key = newKey()
        // Of two dispatchers, fewer than are bounded together.
        let isFull = open.keys.count { $0.dispatcher == key.dispatcher } >= slots + prefetch
        let actions = core.handle(.taskReceived(key, for: WorkerCoreHarness.life))
        let refusal: WorkerAction? =
            isDraining ? .refuse(key, .draining) : isFull ? .refuse(key, .busy) : nil
        if let refusal {
            check(actions.first == refusal, "not refused")
        } else {
            check(!actions.contains { if case .refuse = $0 { true } else { false } }, "refused")
            open[key] = .held
        }
        took(actions)
    }

    private mutating func compute() {
        guard let key = pick(computing) else { return }
        computing.removeAll { $0 == key }
        feed(.taskComputed(key, succeeded: Bool.random(using: &random)))
    }

    private mutating func settleSending() {
        guard let key = pick(sending) else { return }
        sending.removeAll { $0 == key }
        guard Bool.random(using: &random) else { return }
        // It was not sent: the task is open again, until it is.
        ended.remove(key)
        returned.insert(key)
        open[key] = .started
        feed(.sendFailed(key))
    }

    private mutating func feed(_ event: WorkerEvent) { took(core.handle(event)) }

    private mutating func took(_ actions: [WorkerAction]) {
        log += actions
        for action in actions { took(action) }
        check(computing.count <= slots, "more computations than slots")
        check(core.running == computing.count, "running is not the number of computations")
        check(Set(core.leases) == Set(open.keys.map(\.lease)), "leases are not the tasks held")
        // Results that came back unsent are beyond the credits: they were counted as ended.
        for dispatcher in [first, second] {
            let held = open.keys.count { $0.dispatcher == dispatcher && !returned.contains($0) }
            check(held <= slots + prefetch, "more held of a dispatcher than there are credits")
        }
    }

    private mutating func took(_ action: WorkerAction) {
        switch action {
        case .announce, .refuse: break
        case .start(let key):
            check(open[key] == .held, "started twice, or not taken")
            open[key] = .started
            computing.append(key)
        case .send(let key):
            check(open[key] == .started && !computing.contains(key), "sent without being computed")
            finish(key)
            sending.append(key)
        case .abandon(let key):
            check(open[key] != nil, "abandoned, but not held")
            finish(key)
        case .drained:
            check(isDraining && open.isEmpty && computing.isEmpty, "drained with something held")
        }
    }

    private mutating func finish(_ key: TaskKey) {
        open[key] = nil
        check(ended.insert(key).inserted, "ended twice")
    }

    private mutating func pick(_ keys: [TaskKey]) -> TaskKey? { keys.randomElement(using: &random) }

    private mutating func check(_ holds: Bool, _ violation: String) {
        if !holds { violations.append(violation) }
    }
}
