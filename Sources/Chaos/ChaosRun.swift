import Fleet
import LocalFleet
import Mosquitto

/// One run: a fleet, its load, and what is done to it.
struct ChaosRun: Sendable {
    let duration: Duration
    let seed: UInt64
    let workers: Int
    let clients: Int
    let nemeses: Set<Nemesis>
    let log: EventLog

    private static let fleetName = PeerID("home")!

    /// - Throws: `LocalFleetError` or `ChaosError` if the fleet does not come up; what a client meets that it cannot mend.
    func report() async throws -> ChaosReport {
        var options = LocalFleet.Options()
        (options.workers, options.hasDispatcher, options.slots) = (0, false, 1)
        options.logLevel = "error"
        let (start, ledger, crashes) = (ContinuousClock.now, Ledger(), Crashes())
        try await withLocalFleet(options) { fleet in
            let watching = Task { await crashes.watch(fleet) }
            defer { watching.cancel() }
            try await TCPProxy.with(target: fleet.broker.port, seed: seed) { proxy in
                try await haunt(fleet, proxy, ledger)
            }
        }
        return ChaosReport(
            seed: seed, elapsed: start.duration(to: .now), state: ledger.snapshot, strikes: log.strikes,
            crashes: crashes.all)
    }

    private func haunt(_ fleet: LocalFleet, _ proxy: TCPProxy, _ ledger: Ledger) async throws {
        await fleet.route(through: "mqtt://127.0.0.1:\(proxy.port)")
        try await fleet.startDispatcher()
        for worker in 1...workers { try await fleet.startWorker(LocalFleet.worker(worker)) }
        let end = ContinuousClock.now.advanced(by: duration)
        let (tape, topics) = (Tape(), FleetTopics(fleet: Self.fleetName))
        let direct = try BrokerAddress(parsing: fleet.brokerURL)
        let throughProxy = try BrokerAddress(parsing: "mqtt://127.0.0.1:\(proxy.port)")
        let haunting = Nemeses(
            fleet: fleet, proxy: proxy, address: direct, topics: topics, tape: tape, workers: workers, seed: seed,
            end: end, log: log)
        let ear = Eavesdropper(address: direct, topics: topics, ledger: ledger, tape: tape)
        let listening = Task { try await ear.listen() }
        defer { listening.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                let load = LoadClient(
                    number: client, run: String(seed, radix: 36), seed: seed, address: throughProxy,
                    fleet: Self.fleetName, ledger: ledger, width: 4, end: end)
                group.addTask { try await load.work() }
            }
            group.addTask { try await haunting.run(nemeses) }
            try await group.waitForAll()
        }
    }
}
