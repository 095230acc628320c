import Dispatcher
import Fleet
import Worker

/// A fleet without faults on a virtual clock, with what its messages pass on their way: the production cores, planner and
/// measurements, and around them stations with a bandwidth.
struct ScaleWorld {
    enum Event {
        case workerStart(Int)
        case heartbeat(Int)
        case submission
        /// A message has reached the next place of its way.
        case reached(ScaleMessage)
        case computed(worker: Int, LeaseToken)
        case dispatcherTimer
    }

    /// When the first job comes: every worker has been born, and has beaten once.
    static let start = Instant(nanoseconds: 20_000_000_000)
    /// A header of a task, result or answer, and what MQTT adds.
    static let headerBytes = 512
    static let birthBytes = 400
    static let heartbeatBytes = 320
    static let controlBytes = 160

    let settings: ScaleSettings
    let gauges: ScaleGauges
    let workerIDs: [PeerID]
    let workerNumbers: [PeerID: Int]

    var now = Instant.origin
    var events = EventQueue<Event>()
    var random: SeededGenerator
    var report: ScaleReport

    var workers: [ScaleWorkerState]
    var dispatcher: ScaleDispatcher
    var recording: CoreRecording
    var broker: Station
    var processor: Station
    var fanOut: Station
    var fanIn: Station
    /// What the stations had done when the first job came.
    var before: (broker: Station, processor: Station, fanOut: Station, fanIn: Station)?

    /// By job: when its client sent it.
    var submissions: [Instant] = []
    /// Jobs that are scheduled to come.
    var waitingSubmissions = 0
    var workerBusy = 0.0

    init(_ settings: ScaleSettings, _ gauges: ScaleGauges) {
        self.settings = settings
        self.gauges = gauges
        random = SeededGenerator(seed: settings.seed)
        report = ScaleReport(workers: settings.workers)
        workerIDs = (0..<settings.workers).map { PeerID("worker-\($0)")! }
        workerNumbers = Dictionary(uniqueKeysWithValues: workerIDs.enumerated().map { ($1, $0) })
        workers = (0..<settings.workers).map { ScaleWorkerState(settings.kinds[$0 % settings.kinds.count], number: $0) }
        dispatcher = ScaleDispatcher(settings)
        recording = CoreRecording(dispatcher.core)
        broker = Station(settings.broker)
        processor = Station(settings.dispatcher)
        fanOut = Station(settings.dispatcherLink)
        fanIn = Station(settings.dispatcherLink)
        begin()
    }

    private mutating func begin() {
        measureBroker()
        // As after a broker's restart, each with some jitter: within one heartbeat.
        let period = settings.heartbeat.nanoseconds
        for worker in workers.indices {
            schedule(.workerStart(worker), at: Instant(nanoseconds: Int64.random(in: 0..<period, using: &random)))
        }
        switch settings.arrivals {
        case .pipelined(let count):
            waitingSubmissions = min(count, settings.jobs)
            for _ in 0..<waitingSubmissions { schedule(.submission, at: Self.start) }
        case .rate(let rate):
            var seconds = 0.0
            for _ in 0..<settings.jobs {
                schedule(.submission, at: Self.start.advanced(by: .nanoseconds(Int64(seconds * 1e9))))
                // From none to two mean gaps.
                seconds += Double.random(in: 0...2, using: &random) / rate
            }
        }
    }

    mutating func schedule(_ event: Event, at instant: Instant) { events.insert(event, at: max(instant, now)) }

    // MARK: Messages

    mutating func send(_ content: ScaleMessage.Content, _ bytes: Int, through way: [ScaleMessage.Place]) {
        reached(ScaleMessage(content: content, bytes: bytes, way: way.reversed()))
    }

    /// A message is at the next place of its way, or has arrived.
    mutating func reached(_ message: ScaleMessage) {
        var message = message
        guard let place = message.way.popLast() else { return arrived(message.content) }
        let passed: Instant
        switch place {
        case .dispatcher:
            let seconds = message.isHeartbeat ? settings.heartbeatSeconds : nil
            passed = processor.pass(message.bytes, taking: seconds, at: now)
        case .dispatcherOut: passed = fanOut.pass(message.bytes, at: now).advanced(by: settings.latency)
        case .dispatcherIn: passed = fanIn.pass(message.bytes, at: now).advanced(by: settings.latency)
        case .broker: passed = broker.pass(message.bytes, at: now)
        case .workerIn(let worker): passed = workers[worker].receive(message.bytes, at: now)
        case .workerOut(let worker): passed = workers[worker].send(message.bytes, at: now)
        }
        schedule(.reached(message), at: passed)
    }

    private mutating func arrived(_ content: ScaleMessage.Content) {
        switch content {
        case .birth(let worker): dispatcherHeard(birthOf: worker)
        case .heartbeat(let worker, let leases): dispatcherHeard(heartbeatOf: worker, leases)
        case .request(let job): dispatcherGot(request: job)
        case .result(let task, let queued, let computed): dispatcherGot(result: task, queued, computed)
        case .task(let task): workerGot(task)
        case .cancel(let worker, let lease): workerGot(cancelOf: lease, worker)
        case .answer(let job): answered(job)
        }
    }
}
