import ArgumentParser
import Client
import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import CommandOptions
import Settings

/// `attn bench fleet`: the latency of jobs through the job topic, and the broker's own round trip of the same bytes.
struct BenchFleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Measure the latency of attention jobs, beside the broker's round trip of the same bytes.",
        discussion: """
            Jobs and bare round trips alternate in one run, so that both see the same machine. The floor is a message \
            of the request's size to a second client and one of the answer's size back, through the same broker.

            EXAMPLES
              200 small jobs on a fleet started for it:
                attn bench fleet --workers 2 --heads 12 --queries 128 --keys 128 --head-size 32 --runs 200
              The same at a broker with a fleet, for a script:
                attn bench fleet --broker mqtt://127.0.0.1:1883 --json
            """)

    @Option(help: ArgumentHelp("Workers of the fleet that is started, unless --broker is given.", valueName: "n"))
    var workers = 2

    @Option(help: ArgumentHelp("Tasks that a started worker computes at a time.", valueName: "n"))
    var slots = 1

    @Option(help: ArgumentHelp("Query heads.", valueName: "n"))
    var heads = 12

    @Option(help: ArgumentHelp("Queries.", valueName: "n"))
    var queries = 128

    @Option(help: ArgumentHelp("Keys.", valueName: "n"))
    var keys = 128

    @Option(help: ArgumentHelp("Head size.", valueName: "n"))
    var headSize = 32

    @Option(help: ArgumentHelp("Jobs that are measured, after a tenth as many to warm up.", valueName: "n"))
    var runs = 200

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        for (name, value) in [("heads", heads), ("queries", queries), ("keys", keys), ("head-size", headSize)] {
            guard (1...65_536).contains(value) else { throw ValidationError("--\(name) must be 1 to 65536") }
        }
        guard (1...256).contains(workers) else { throw ValidationError("--workers must be 1 to 256") }
        guard (1...1024).contains(slots) else { throw ValidationError("--slots must be 1 to 1024") }
        guard (1...100_000).contains(runs) else { throw ValidationError("--runs must be 1 to 100000") }
    }

    func run() async throws {
        Allocator.keepLargeBlocks()
        if connection.broker != nil {
            return try await measure(
                at: try connection.address(or: "start a fleet with --workers"), fleet: try connection.fleetID())
        }
        var options = LocalFleet.Options()
        (options.workers, options.slots) = (workers, slots)
        options.executables.attn = Executables.own
        options.logLevel = "warning"
        let signals = InterruptHandler { LocalFleet.removeFolders() }
        defer { signals.cancel() }
        do {
            try await withLocalFleet(options) { fleet in
                guard let name = PeerID(options.name) else { return }
                try await measure(at: try BrokerAddress(parsing: fleet.brokerURL), fleet: name)
            }
        } catch let error as LocalFleetError {
            throw CommandFailure("the fleet to be measured: \(error)")
        }
    }

    private func measure(at address: BrokerAddress, fleet: PeerID) async throws {
        let request = try self.request()
        let id = ConnectionOptions.clientID()
        let tls = try connection.tls()
        let result = try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-client-\(id)"), tls: tls
        ) { transport in
            try await withFleetClient(
                id: id, user: address.user.flatMap { PeerID($0) }, fleet: fleet, transport: transport
            ) { client in
                let sizes = try await sizes(client, request)
                return try await withEcho(address, tls: tls, request: sizes.request, answer: sizes.answer) { echo in
                    try await self.times(client, request, echo, sizes)
                }
            }
        }
        report(result)
    }

    private func times(
        _ client: FleetClient, _ request: Safetensors, _ echo: Echo, _ sizes: (request: Int, answer: Int)
    ) async throws -> FleetTimes {
        var times = FleetTimes(requestBytes: sizes.request, answerBytes: sizes.answer)
        let clock = ContinuousClock()
        for run in -(runs / 10)..<runs {
            let start = clock.now
            _ = try await answer(client, request, "bench-\(run + runs)")
            let job = start.duration(to: clock.now)
            let floor = try await echo.roundTrip()
            if run >= 0 {
                times.jobs.append(job.inSeconds)
                times.floors.append(floor.inSeconds)
            }
        }
        return times
    }

    private func sizes(
        _ client: FleetClient, _ request: Safetensors
    ) async throws -> (request: Int, answer: Int) {
        let answer = try await answer(client, request, "bench-sizes")
        let payload = try JobRequest.encode(request, as: try id("bench-sizes"), timeout: .seconds(60))
        return (payload.count, answer.tensors?.bytes.count ?? 0)
    }

    private func answer(_ client: FleetClient, _ request: Safetensors, _ name: String) async throws -> JobAnswer {
        let job = try id("\(name)-\(String(UInt32.random(in: 0 ... .max), radix: 36))")
        let answer = try await client.run(request, as: job, timeout: .seconds(60), JobOptions(wantsUpdates: false))
        guard answer.status == .done else {
            throw CommandFailure("a job failed: \(answer.errorCode ?? ""): \(answer.errorMessage ?? "")")
        }
        return answer
    }

    private func id(_ text: String) throws -> JobID {
        guard let id = JobID(text) else { throw CommandFailure("'\(text)' is no job ID") }
        return id
    }

    /// Uniform numbers in −1…1: what they are does not matter to the time taken.
    private func request() throws -> Safetensors {
        var random = SeededGenerator(seed: 1)
        func tensor(_ name: String, _ length: Int) -> TensorSource {
            let numbers = (0..<heads * length * headSize).map { _ in Float.random(in: -1...1, using: &random) }
            return TensorSource(name, .f32, shape: [1, heads, length, headSize], numbers)
        }
        return try Safetensors(
            parsing: try Safetensors.encode(tensors: [tensor("Q", queries), tensor("K", keys), tensor("V", keys)]))
    }

    private func report(_ times: FleetTimes) {
        let values: [(String, JSON)] = [
            ("median_s", JSON(times.jobs.quantile(0.5))), ("p99_s", JSON(times.jobs.quantile(0.99))),
            ("jobs_per_s", JSON(Double(times.jobs.count) / times.jobs.reduce(0, +))),
            ("bytes", JSON(times.requestBytes + times.answerBytes)),
            ("floor_median_s", JSON(times.floors.quantile(0.5))), ("floor_p99_s", JSON(times.floors.quantile(0.99))),
            ("ratio_to_floor", JSON(times.jobs.quantile(0.5) / times.floors.quantile(0.5))), ("runs", JSON(runs)),
        ]
        if json { return Console.print(JSON.object(JSON.Object(values)).text()) }
        Console.print(
            "\(heads) heads × \(queries) × \(keys) × \(headSize), \(times.jobs.count) jobs one after the other")
        Console.print("                         median       p99")
        Console.print(row("job", times.jobs))
        Console.print(row("bare round trip", times.floors))
        Console.print(
            String(format: "ratio of the medians     %.2f", times.jobs.quantile(0.5) / times.floors.quantile(0.5)))
    }

    private func row(_ name: String, _ times: [Double]) -> String {
        String(
            format: "%@ %8.2f ms %8.2f ms", name.padding(toLength: 20, withPad: " ", startingAt: 0),
            times.quantile(0.5) * 1e3, times.quantile(0.99) * 1e3)
    }
}

/// What was measured, in seconds and bytes.
struct FleetTimes: Sendable {
    let requestBytes: Int
    let answerBytes: Int
    var jobs: [Double] = []
    var floors: [Double] = []
}

extension [Double] {
    /// The smallest value that at least this share of all values does not exceed; NaN of none.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(Int((share * Double(count)).rounded(.up)), count) - 1]
    }
}
