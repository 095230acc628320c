import Client
import Dispatcher
import Fleet
import LocalFleet
import Logging
import Mosquitto
import Testing

/// A real broker, real worker processes, a dispatcher in this process whose tables can be looked into, and a client.
struct TestFleet: Sendable {
    let local: LocalFleet
    let dispatcher: DispatcherService
    let client: FleetClient
    let address: BrokerAddress

    static let name = PeerID("home")!
    static let topics = FleetTopics(fleet: name)

    /// Opens one more client of the broker, for whatever a test wants to do to the fleet.
    func withIntruder<Result: Sendable>(
        _ name: String = "intruder", _ body: (MosquittoTransport) async throws -> Result
    ) async throws -> Result {
        try await withMosquitto(address, options: ClientOptions(clientID: name)) { try await body($0) }
    }

    /// Waits until the dispatcher knows that many live slots.
    func hasSlots(_ count: Int) async throws {
        try await eventually("the dispatcher sees \(count) live slots") { await dispatcher.liveSlots == count }
    }
}

/// Runs `body` with a fleet that is ready; afterwards nothing may be left in the dispatcher's tables.
func withTestFleet(
    workers: Int = 2, prefetch: Int? = nil, workerArguments: [String] = [],
    adjust: (inout DispatcherOptions) -> Void = { _ in },
    _ body: (TestFleet) async throws -> Void
) async throws {
    var options = LocalFleet.Options()
    (options.workers, options.slots, options.hasDispatcher) = (workers, 1, false)
    options.logLevel = "error"
    if let prefetch { options.moreWorkerArguments = ["--prefetch", String(prefetch)] }
    options.moreWorkerArguments += workerArguments
    var dispatcherOptions = DispatcherOptions(
        id: PeerID("dispatcher-t")!, fleet: TestFleet.name, epoch: UInt64.random(in: 1...1 << 50), version: "test")
    dispatcherOptions.messageBytes = 1 << 20
    adjust(&dispatcherOptions)
    try await withLocalFleet(options) { [dispatcherOptions] local in
        let address = try BrokerAddress(parsing: local.brokerURL)
        try await withMosquitto(address, options: dispatcherOptions.client) { transport in
            let dispatcher = DispatcherService(
                dispatcherOptions, transport: transport, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            let running = Task { try await dispatcher.run() }
            try await withMosquitto(address, options: ClientOptions(clientID: "client")) { clientTransport in
                try await withFleetClient(id: PeerID("client")!, fleet: TestFleet.name, transport: clientTransport) {
                    let fleet = TestFleet(local: local, dispatcher: dispatcher, client: $0, address: address)
                    try await fleet.hasSlots(workers)
                    try await body(fleet)
                }
            }
            try await expectEmptyTables(dispatcher)
            await dispatcher.drain()
            try await running.value
        }
    }
}

private func expectEmptyTables(_ dispatcher: DispatcherService) async throws {
    try await eventually("the dispatcher's tables are empty") {
        let tables = await dispatcher.tables
        let jobs = await dispatcher.runningJobs
        return tables.jobs == 0 && tables.scheduler.leases == 0 && tables.scheduler.ready == 0 && jobs == 0
    }
}

/// Waits for a condition, with a bound that a healthy machine never reaches.
func eventually(
    _ what: Comment, within bound: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: bound)
    while clock.now < end {
        if try await condition() { return }
        try await clock.sleep(for: .milliseconds(20))
    }
    Issue.record(what)
}
