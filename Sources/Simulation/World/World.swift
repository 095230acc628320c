import Dispatcher
import Fleet

/// A fleet on a virtual clock: the production cores, and around them a simulated broker, network, disk and people.
///
/// Everything is drawn from the seed, in streams of their own for each concern, so that a fault left out changes as
/// little else as possible.
struct World {
    let settings: SimulationSettings
    let schedule: [ScheduledFault]
    let jobs: [SimulatedJob]
    let jobNumbers: [JobID: Int]
    let workerIDs: [PeerID]
    let workerNumbers: [PeerID: Int]

    var now = Instant.origin
    var events = EventQueue<WorldEvent>()
    var networkRandom: SeededGenerator
    var peerRandom: SeededGenerator

    var network: Network
    var workers: [SimulatedWorker]
    var dispatcher = SimulatedDispatcher()
    var journal = SimulatedJournal()
    var clients: [SimulatedClientJob]
    var auditor: Auditor
    var counters = SimulationCounters()
    /// Jobs whose clients have no final word yet.
    var openJobs: Int
    let trace: ((Instant, String) -> Void)?
    /// For tests of the auditor.
    var sabotage: Sabotage?
    var recording: CoreRecording?

    init(
        _ settings: SimulationSettings, _ schedule: [ScheduledFault], trace: ((Instant, String) -> Void)? = nil
    ) {
        self.settings = settings
        self.schedule = schedule
        self.trace = trace
        var random = SeededGenerator(seed: settings.seed)
        var jobRandom = SeededGenerator(seed: random.next())
        var workerRandom = SeededGenerator(seed: random.next())
        networkRandom = SeededGenerator(seed: random.next())
        peerRandom = SeededGenerator(seed: random.next())
        jobs = (0..<settings.jobs).map { SimulatedJob(number: $0, settings: settings, &jobRandom) }
        jobNumbers = Dictionary(uniqueKeysWithValues: jobs.enumerated().map { ($1.id, $0) })
        workerIDs = (0..<settings.workers).map { PeerID("worker-\($0)")! }
        workerNumbers = Dictionary(uniqueKeysWithValues: workerIDs.enumerated().map { ($1, $0) })
        network = Network(peers: 1 + settings.workers + settings.clients, workers: settings.workers)
        workers = (0..<settings.workers).map { _ in SimulatedWorker(&workerRandom) }
        clients = Array(repeating: SimulatedClientJob(), count: settings.jobs)
        auditor = Auditor(settings, jobs)
        openJobs = 0
        begin()
    }

    private mutating func begin() {
        schedule(.dispatcherStart, after: .zero)
        for worker in workers.indices { schedule(.workerStart(worker), after: .milliseconds(worker % 1000)) }
        for client in 0..<settings.clients { schedule(.connect(clientPeer(client)), after: .zero) }
        for number in settings.keptJobs?.filter(jobs.indices.contains) ?? Array(jobs.indices) {
            openJobs += 1
            schedule(.submission(job: number), at: jobs[number].submission)
        }
        for (number, fault) in schedule.enumerated() { schedule(.fault(number), at: fault.at) }
    }

    func clientPeer(_ client: Int) -> Peer { .client(client, workers: settings.workers) }

    mutating func schedule(_ event: WorldEvent, after delay: Duration) { schedule(event, at: now.advanced(by: delay)) }

    mutating func schedule(_ event: WorldEvent, at instant: Instant) {
        events.insert(event, at: max(instant, now))
    }

    func tell(_ what: @autoclosure () -> String) { trace?(now, what()) }

    mutating func randomDuration(_ least: Duration, _ most: Duration) -> Duration {
        .nanoseconds(Int64.random(in: least.nanoseconds...most.nanoseconds, using: &peerRandom))
    }
}
