import Client
import Codecs
import Fleet
import LocalFleet
import Mosquitto

/// A fleet of one slow worker, and far too much for it to do.
struct Overload: Sendable {
    let duration: Duration
    let clients: Int
    let width: Int
    let maxJobs: Int

    private static let fleetName = PeerID("home")!

    func report() async throws -> OverloadReport {
        var options = LocalFleet.Options()
        (options.workers, options.slots, options.logLevel) = (1, 1, "critical")
        options.moreDispatcherArguments = ["--max-jobs", String(maxJobs), "--client-share", "100"]
        return try await withLocalFleet(options) { fleet in
            let address = try BrokerAddress(parsing: fleet.brokerURL)
            let alone = OverloadCounter()
            let calm = Duration.seconds(5)
            try await give(address, client: 0, width: 4, for: calm, alone)
            let counter = OverloadCounter()
            let watching = Task { try await watch(fleet, counter) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<clients {
                    group.addTask { try await give(address, client: client, width: width, for: duration, counter) }
                }
                try await group.waitForAll()
            }
            watching.cancel()
            return OverloadReport(
                capacity: Double(alone.snapshot.answered) / calm.inSeconds, elapsed: duration, state: counter.snapshot)
        }
    }

    private func give(
        _ address: BrokerAddress, client number: Int, width: Int, for duration: Duration, _ counter: OverloadCounter
    ) async throws {
        let end = ContinuousClock.now.advanced(by: duration)
        var random = SeededGenerator(seed: 1)
        let job = try await ChaosJob(number: 0, client: number, run: "overload", &random, heavy: true)
        try await withMosquitto(address, options: ClientOptions(clientID: "attn-overload-\(number)")) { transport in
            try await withFleetClient(id: PeerID("overload-\(number)")!, fleet: Self.fleetName, transport: transport) {
                client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<width {
                        group.addTask { try await give(job, client, "\(number)-\(lane)", until: end, counter) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private func give(
        _ job: ChaosJob, _ client: FleetClient, _ lane: String, until end: ContinuousClock.Instant,
        _ counter: OverloadCounter
    ) async throws {
        var options = JobOptions(wantsUpdates: false)
        options.comesAgain = false
        var count = 0
        while ContinuousClock.now < end, !Task.isCancelled {
            count += 1
            let start = ContinuousClock.now
            let answer = try await client.run(
                job.request, as: JobID("overload-\(lane)-\(count)-\(UInt64.random(in: 0 ... .max))")!,
                timeout: .seconds(60), options)
            counter.note(
                answer, isRight: answer.status == .done && job.isRight(answer), after: start.duration(to: .now))
        }
    }

    private func watch(_ fleet: LocalFleet, _ counter: OverloadCounter) async throws {
        while !Task.isCancelled {
            for (name, process) in await fleet.processes {
                counter.note(memory: ResidentMemory.bytes(of: process), of: name)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
