import ArgumentParser
import Client
import Codecs
import Dispatcher
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
              How many a second, without the second crossing of the broker:
                attn bench fleet --direct --pipelined 8 --runs 1000
              The same jobs without anybody to send them to, on one thread of this process:
                attn bench fleet --direct --workers 0 --local-threads 1
              As the planner chooses, once it has seen 20 jobs:
                attn bench fleet --direct --workers 2 --local-threads 1 --warm-up 20
              The same at a broker with a fleet, for a script:
                attn bench fleet --broker mqtt://127.0.0.1:1883 --json
            """)

    @Option(
        help: ArgumentHelp(
            "Workers of the fleet that is started, unless --broker is given; 0 with --direct and --local-threads.",
            valueName: "n"))
    var workers = 2

    @Option(help: ArgumentHelp("Tasks that a started worker computes at a time.", valueName: "n"))
    var slots = 1

    @Option(
        help: ArgumentHelp(
            "Shares of a core that started workers are held to, such as 0.1, or 0.2,0.1,0.05 in turn, so that they are as weak as devices are. Default: all they can get.",
            valueName: "shares"))
    var workerShares: String?

    @Option(help: ArgumentHelp("Query heads.", valueName: "n"))
    var heads = 12

    @Option(help: ArgumentHelp("Queries.", valueName: "n"))
    var queries = 128

    @Option(help: ArgumentHelp("Keys.", valueName: "n"))
    var keys = 128

    @Option(help: ArgumentHelp("Head size.", valueName: "n"))
    var headSize = 32

    @Option(help: ArgumentHelp("Jobs that are measured.", valueName: "n"))
    var runs = 200

    @Option(
        help: ArgumentHelp(
            "Jobs before these that are not: caches fill, and the planner learns links and speeds. Default: a tenth of --runs.",
            valueName: "n"))
    var warmUp: Int?

    @Flag(help: "Be the dispatcher, so that tensors cross the broker once.")
    var direct = false

    @Flag(help: "Go through the job topic: the default.")
    var job = false

    @Option(
        help: ArgumentHelp(
            "With --direct: threads that compute here where that is sooner. Default: 0, so that it is the fleet that is measured.",
            valueName: "n"))
    var localThreads = 0

    @Option(help: ArgumentHelp("Jobs under way at a time; the bare round trip is measured alone.", valueName: "k"))
    var pipelined = 1

    @Option(
        help: ArgumentHelp(
            "The type in which tensors travel: f32, f16, bf16, i8, or auto. Default: f32.", valueName: "type"))
    var wire: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        for (name, value) in [("heads", heads), ("queries", queries), ("keys", keys), ("head-size", headSize)] {
            guard (1...65_536).contains(value) else { throw ValidationError("--\(name) must be 1 to 65536") }
        }
        guard (0...256).contains(workers) else { throw ValidationError("--workers must be 0 to 256") }
        guard (1...1024).contains(slots) else { throw ValidationError("--slots must be 1 to 1024") }
        guard (1...1024).contains(pipelined) else { throw ValidationError("--pipelined must be 1 to 1024") }
        guard (0...1024).contains(localThreads) else { throw ValidationError("--local-threads must be 0 to 1024") }
        guard shares != nil else {
            throw ValidationError("--worker-shares must be numbers from 0.001 to 64, with commas")
        }
        let wires = ["auto"] + WireFormat.allCases.map(\.rawValue)
        if let wire, !wires.contains(wire) {
            throw ValidationError("--wire must be one of \(wires.joined(separator: ", "))")
        }
        if direct, job { throw ValidationError("--direct and --job exclude each other") }
        guard (1...100_000).contains(runs) else { throw ValidationError("--runs must be 1 to 100000") }
        guard (0...100_000).contains(warmUp ?? 0) else { throw ValidationError("--warm-up must be 0 to 100000") }
        if localThreads > 0, !direct {
            throw ValidationError(
                "--local-threads needs --direct: through the job topic another process is the dispatcher")
        }
        if workers == 0, connection.broker == nil, localThreads == 0 {
            throw ValidationError(
                "--workers 0 leaves nobody to compute: add --direct --local-threads 1, to compute in this process")
        }
    }

    /// Nil if they are not numbers in their range.
    private var shares: [Double]? {
        guard let workerShares else { return [] }
        let numbers = workerShares.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        return numbers.allSatisfy((0.001...64).contains) ? numbers : nil
    }

    private var warmUpRuns: Int { warmUp ?? runs / 10 }

    func run() async throws {
        Allocator.keepLargeBlocks()
        if connection.broker != nil {
            return try await measure(
                at: try connection.address(or: "start a fleet with --workers"), fleet: try connection.fleetID())
        }
        var options = LocalFleet.Options()
        (options.workers, options.slots, options.hasDispatcher) = (workers, slots, !direct)
        options.executables.attn = Executables.own
        options.logLevel = "warning"
        options.workerShares = shares ?? []
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
        let tls = try connection.tls()
        if direct {
            var options = try DirectDispatch.options(connection, address)
            (options.fleet, options.localThreads) = (fleet, localThreads)
            // Of a fleet that was started for this all, so that no job is planned for some of it.
            let slots = connection.broker == nil ? workers * slots : 1
            let result = try await DirectDispatch.run(options, address, tls: tls, slots: slots) { dispatcher in
                guard await dispatcher.hasWorkers(within: .zero) || localThreads > 0 else {
                    throw CommandFailure(
                        "fleet '\(fleet)' at \(address) has no worker: start attn-worker there, or add --local-threads 1"
                    )
                }
                return try await measure(address, tls) { await dispatcher.run($0) }
            }
            return report(result)
        }
        let id = ConnectionOptions.clientID()
        let result = try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-client-\(id)"), tls: tls
        ) { transport in
            try await withFleetClient(
                id: id, user: address.user.flatMap { PeerID($0) }, fleet: fleet, transport: transport
            ) { client in
                try await measure(address, tls) { payload in
                    let request = try JobRequest(decoding: payload)
                    return try await client.run(
                        request.tensors, as: request.id, timeout: .seconds(60), JobOptions(wantsUpdates: false))
                }
            }
        }
        report(result)
    }

    /// Gives a job, laid out as a payload, and waits for its answer.
    private typealias Answering = @Sendable ([UInt8]) async throws -> JobAnswer

    private func measure(
        _ address: BrokerAddress, _ tls: TLSOptions?, _ answering: @escaping Answering
    ) async throws -> FleetTimes {
        let request = try self.request()
        let first = try payload(request, "sizes")
        let answer = try await done(answering(first))
        let sizes = (request: first.count, answer: answer.tensors?.bytes.count ?? 0)
        return try await withEcho(address, tls: tls, request: sizes.request, answer: sizes.answer) { echo in
            try await times(answering, request, echo, sizes)
        }
    }

    private func times(
        _ answering: @escaping Answering, _ request: Safetensors, _ echo: Echo, _ sizes: (request: Int, answer: Int)
    ) async throws -> FleetTimes {
        var times = FleetTimes(requestBytes: sizes.request, answerBytes: sizes.answer)
        let clock = ContinuousClock()
        func time(_ run: Int) async throws -> TimedJob {
            let payload = try payload(request, "\(run + warmUpRuns)")
            let start = clock.now
            let answer = try await done(answering(payload))
            return TimedJob(seconds: start.duration(to: clock.now).inSeconds, answer.report)
        }
        for run in -warmUpRuns..<0 { _ = try await time(run) }
        guard pipelined > 1 else {
            for run in 0..<runs {
                times.append(try await time(run))
                times.floors.append(try await echo.roundTrip().inSeconds)
            }
            return times
        }
        for _ in 0..<min(runs, 100) { times.floors.append(try await echo.roundTrip().inSeconds) }
        let start = clock.now
        try await withThrowingTaskGroup(of: TimedJob.self) { group in
            for run in 0..<runs {
                if run >= pipelined, let job = try await group.next() { times.append(job) }
                group.addTask { try await time(run) }
            }
            for try await job in group { times.append(job) }
        }
        times.elapsed = start.duration(to: clock.now).inSeconds
        return times
    }

    private func payload(_ request: Safetensors, _ name: String) throws -> [UInt8] {
        let job = try id("bench-\(name)-\(String(UInt32.random(in: 0 ... .max), radix: 36))")
        return try JobRequest.encode(request, as: job, timeout: .seconds(60))
    }

    private func done(_ answer: JobAnswer) throws -> JobAnswer {
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
            parsing: try Safetensors.encode(
                metadata: wire.map { ["wire": $0] } ?? [:],
                tensors: [tensor("Q", queries), tensor("K", keys), tensor("V", keys)]))
    }

    private func report(_ times: FleetTimes) {
        let values: [(String, JSON)] = [
            ("median_s", JSON(times.jobs.quantile(0.5))), ("p99_s", JSON(times.jobs.quantile(0.99))),
            ("jobs_per_s", JSON(times.jobsPerSecond)), ("pipelined", JSON(pipelined)),
            ("bytes", JSON(times.requestBytes + times.answerBytes)),
            ("floor_median_s", JSON(times.floors.quantile(0.5))), ("floor_p99_s", JSON(times.floors.quantile(0.99))),
            ("predicted_median_s", times.predictions.isEmpty ? .null : JSON(times.predictions.quantile(0.5))),
            ("prediction_error", times.errors.isEmpty ? .null : JSON(times.errors.quantile(0.5))),
            ("planned", times.commonestKind.map { .string($0) } ?? .null),
            ("plans", .object(JSON.Object(times.kinds.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))),
            ("ratio_to_floor", JSON(times.jobs.quantile(0.5) / times.floors.quantile(0.5))), ("runs", JSON(runs)),
            ("warm_up", JSON(warmUpRuns)),
        ]
        if json { return Console.print(JSON.object(JSON.Object(values)).text()) }
        Console.print(
            "\(heads) heads × \(queries) × \(keys) × \(headSize), \(times.jobs.count) jobs "
                + (pipelined > 1 ? "\(pipelined) at a time" : "one after the other")
                + String(format: ", %.0f a second", times.jobsPerSecond))
        Console.print("                         median       p99")
        Console.print(row("job", times.jobs))
        Console.print(row("bare round trip", times.floors))
        Console.print(
            String(format: "ratio of the medians     %.2f", times.jobs.quantile(0.5) / times.floors.quantile(0.5)))
        guard let kind = times.commonestKind else { return }
        Console.print(
            String(
                format: "predicted           %8.2f ms, off by %.0f %% (median)", times.predictions.quantile(0.5) * 1e3,
                times.errors.quantile(0.5) * 100) + ", planned: \(kind)"
                + (times.kinds.count > 1 ? " (\(times.kinds[kind] ?? 0) of \(times.predictions.count))" : ""))
    }

    private func row(_ name: String, _ times: [Double]) -> String {
        String(
            format: "%@ %8.2f ms %8.2f ms", name.padding(toLength: 20, withPad: " ", startingAt: 0),
            times.quantile(0.5) * 1e3, times.quantile(0.99) * 1e3)
    }
}
