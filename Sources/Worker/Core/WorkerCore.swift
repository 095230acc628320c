public import Fleet

/// The worker's core: which tasks it holds, which it takes, runs, refuses, gives up.
///
/// Events in, actions out; no clock, socket or thread. Payloads and results are the shell's; the core knows tasks
/// by their lease. Of each dispatcher it takes no task while it holds slots + prefetch of it, results that wait for a connection
/// included; dispatchers that share it know nothing of each other, and take turns.
public struct WorkerCore: Sendable {
    private enum State: Equatable {
        case waiting
        case running
        /// Computed; its result waits for a connection.
        case unsent
    }

    /// So many dispatchers can have slots + prefetch tasks here at a time; beyond it the memory of a small device is the bound.
    static let mostDispatchers = 4

    public let slots: Int
    public let prefetch: Int
    public let incarnation: Incarnation
    public private(set) var isDraining = false
    public private(set) var counters = WorkerCounters()
    private var isConnected = false
    private var tasks: [TaskKey: State] = [:]
    private var queue = TaskQueue()
    private var freeSlots: Int

    public init(incarnation: Incarnation, slots: Int, prefetch: Int) {
        self.incarnation = incarnation
        self.slots = slots
        self.prefetch = prefetch
        freeSlots = slots
    }

    /// Takes one event in; returns what is to be done about it, in order.
    public mutating func handle(_ event: WorkerEvent) -> [WorkerAction] {
        var actions: [WorkerAction] = []
        switch event {
        case .connected: connected(&actions)
        case .disconnected: isConnected = false
        case .taskReceived(let key, let incarnation): received(key, incarnation, &actions)
        case .taskComputed(let key, let succeeded): computed(key, succeeded, &actions)
        case .sendFailed(let key): sendFailed(key, &actions)
        case .cancelled(let key): cancel(key, &actions)
        case .drain:
            if !isDraining {
                isDraining = true
                // Without a connection the next one's announcement says so.
                if isConnected { actions.append(.announce) }
            }
        }
        startWaiting(&actions)
        if isDraining, tasks.isEmpty, freeSlots == slots { actions.append(.drained) }
        return actions
    }

    /// Every lease held, in a fixed order, for births and heartbeats.
    public var leases: [LeaseToken] { tasks.keys.sorted().map(\.lease) }

    public var running: Int { slots - freeSlots }

    private mutating func connected(_ actions: inout [WorkerAction]) {
        isConnected = true
        actions.append(.announce)
        for key in tasks.keys.sorted() where tasks[key] == .unsent {
            tasks[key] = nil
            actions.append(.send(key))
        }
    }

    private mutating func received(_ key: TaskKey, _ addressee: Incarnation, _ actions: inout [WorkerAction]) {
        if tasks[key] != nil { return }  // delivered twice
        giveUpEarlierEpochs(than: key, &actions)
        if let refusal = refusal(of: addressee, from: key.dispatcher) {
            counters.tasksRefused += 1
            actions.append(.refuse(key, refusal))
        } else {
            tasks[key] = .waiting
            queue.append(key)
        }
    }

    /// A dispatcher that begins a new life has forgotten the tasks of the earlier one.
    ///
    /// Its going offline says less: a broker that shuts down publishes every will, the wills of the living too.
    private mutating func giveUpEarlierEpochs(than new: TaskKey, _ actions: inout [WorkerAction]) {
        for key in tasks.keys.sorted() where key.dispatcher == new.dispatcher && key.lease.epoch < new.lease.epoch {
            cancel(key, &actions)
        }
    }

    private func refusal(of addressee: Incarnation, from dispatcher: PeerID) -> RefusalCode? {
        if addressee != incarnation { return .otherIncarnation }
        if isDraining { return .draining }
        let credits = slots + prefetch
        // A loop over few: a worker's tasks.
        let own = tasks.keys.count { $0.dispatcher == dispatcher }
        return own >= credits || tasks.count >= Self.mostDispatchers * credits ? .busy : nil
    }

    private mutating func startWaiting(_ actions: inout [WorkerAction]) {
        while freeSlots > 0, let key = queue.popFirst() {
            tasks[key] = .running
            freeSlots -= 1
            actions.append(.start(key))
        }
    }

    private mutating func computed(_ key: TaskKey, _ succeeded: Bool, _ actions: inout [WorkerAction]) {
        freeSlots += 1
        guard tasks[key] == .running else { return }  // cancelled meanwhile
        if succeeded { counters.tasksDone += 1 } else { counters.tasksFailed += 1 }
        if isConnected {
            tasks[key] = nil
            actions.append(.send(key))
        } else {
            tasks[key] = .unsent
        }
    }

    private mutating func sendFailed(_ key: TaskKey, _ actions: inout [WorkerAction]) {
        guard tasks[key] == nil else { return }
        if isConnected {
            // The connection is back already, or not yet known to be lost; without this the result would wait for
            // the next connection to be lost and made.
            actions.append(.send(key))
        } else {
            tasks[key] = .unsent
        }
    }

    private mutating func cancel(_ key: TaskKey, _ actions: inout [WorkerAction]) {
        guard let state = tasks.removeValue(forKey: key) else { return }
        if state == .waiting { queue.remove(key) }
        counters.tasksCancelled += 1
        actions.append(.abandon(key))
    }
}

/// Names a task at a worker: whose it is, under which lease.
public struct TaskKey: Hashable, Sendable, Comparable {
    public var dispatcher: PeerID
    public var lease: LeaseToken

    public init(dispatcher: PeerID, lease: LeaseToken) {
        self.dispatcher = dispatcher
        self.lease = lease
    }

    public static func < (a: TaskKey, b: TaskKey) -> Bool {
        if a.dispatcher != b.dispatcher { return a.dispatcher < b.dispatcher }
        if a.lease.epoch != b.lease.epoch { return a.lease.epoch < b.lease.epoch }
        return a.lease.number < b.lease.number
    }
}

/// What the shell tells the worker's core.
public enum WorkerEvent: Sendable {
    case connected
    case disconnected
    /// A well-formed task came, meant for that incarnation.
    case taskReceived(TaskKey, for: Incarnation)
    /// A started task has ended, with a partial or a failure.
    case taskComputed(TaskKey, succeeded: Bool)
    /// A result could not be handed over: the connection is lost.
    case sendFailed(TaskKey)
    case cancelled(TaskKey)
    case drain
}

/// What the core tells the worker's shell to do.
public enum WorkerAction: Sendable, Equatable {
    /// Publish info and status.
    case announce
    /// Give the task to a free slot.
    case start(TaskKey)
    /// Publish the task's result, and forget it.
    case send(TaskKey)
    case refuse(TaskKey, RefusalCode)
    /// Stop computing the task if that is under way, and forget it.
    case abandon(TaskKey)
    /// Nothing is held any more: go.
    case drained
}

/// Why a worker does not take a task. Part of the wire.
public enum RefusalCode: String, Sendable {
    /// It holds slots + prefetch tasks of this dispatcher already, or as many as it can of all.
    case busy
    case draining
    /// The task was meant for an earlier life of this worker.
    case otherIncarnation = "other-incarnation"
}

/// How often what happened since the worker's start.
public struct WorkerCounters: Sendable, Equatable {
    public var tasksDone = 0
    public var tasksFailed = 0
    public var tasksRefused = 0
    public var tasksCancelled = 0
}
