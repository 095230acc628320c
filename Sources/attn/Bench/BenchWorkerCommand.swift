import ArgumentParser
import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Settings

/// `attn bench worker`: what a worker weighs, and how fast it is born.
struct BenchWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Measure a worker: size on disk, idle memory, time from its start to its birth at the broker.",
        discussion: """
            Starts a broker, then the worker again and again. The time ends when another client of the broker receives \
            the worker's `online`; memory is the resident set a second after that.

            EXAMPLES
              The worker beside this program:
                attn bench worker
              The one to be installed on devices:
                make worker-static && attn bench worker --program out/attn-worker
            """)

    @Option(help: ArgumentHelp("The worker's executable; without it, the one beside this program.", valueName: "file"))
    var program: String?

    @Option(help: ArgumentHelp("How often it is started.", valueName: "n"))
    var runs = 11

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be 1 to 1000") }
    }

    func run() async throws {
        guard let program = program ?? Executables.sibling("attn-worker") else {
            throw CommandFailure("attn-worker is not beside this program: name it with --program")
        }
        var status = stat()
        guard stat(program, &status) == 0 else {
            throw CommandFailure("\(program) cannot be measured: \(String(cString: strerror(errno)))")
        }
        var options = LocalFleet.Options()
        (options.workers, options.hasDispatcher) = (0, false)
        options.executables.attn = Executables.own
        options.executables.worker = program
        let signals = InterruptHandler { LocalFleet.removeFolders() }
        defer { signals.cancel() }
        var births: [Double] = []
        var memory: [Double] = []
        try await withLocalFleet(options) { fleet in
            let address = try BrokerAddress(parsing: fleet.brokerURL)
            try await withMosquitto(address, options: ClientOptions(clientID: "attn-bench")) { transport in
                try await transport.subscribe([Subscription("attn/v1/home/worker/+/status", qos: .atLeastOnce)])
                for run in 1...runs {
                    let (birth, resident) = try await life("worker-\(run)", of: program, fleet, transport)
                    births.append(birth.inSeconds)
                    memory.append(Double(resident))
                }
            }
        }
        report(size: Int(status.st_size), births: births, memory: memory)
    }

    private func life(
        _ name: String, of program: String, _ fleet: LocalFleet, _ transport: MosquittoTransport
    ) async throws -> (birth: Duration, resident: Int) {
        let clock = ContinuousClock()
        let start = clock.now
        async let ready: Void = fleet.startWorker(name)
        let topic = "attn/v1/home/worker/\(name)/status"
        for await case .message(let message) in transport.events
        where message.topic == topic && message.payload == Array("online".utf8) { break }
        let birth = start.duration(to: clock.now)
        try await ready
        try await clock.sleep(for: .seconds(1))
        guard let process = await fleet.processes.first(where: { $0.name == name })?.processID else {
            throw CommandFailure("\(name) has ended")
        }
        let resident = try Self.residentMemory(of: process)
        try await fleet.stopWorker(name)
        return (birth, resident)
    }

    /// `VmRSS` of a process, in bytes (proc(5)).
    private static func residentMemory(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let kilobytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) else {
            throw CommandFailure("/proc/\(process)/status names no resident memory")
        }
        return kilobytes * 1024
    }

    private func report(size: Int, births: [Double], memory: [Double]) {
        if json {
            let values: [(String, JSON)] = [
                ("size_bytes", JSON(size)), ("resident_bytes", JSON(Int(memory.quantile(0.5)))),
                ("birth_median_s", JSON(births.quantile(0.5))), ("birth_max_s", JSON(births.quantile(1))),
                ("runs", JSON(runs)),
            ]
            return Console.print(JSON.object(JSON.Object(values)).text())
        }
        Console.print(String(format: "size on disk     %8.1f MB", Double(size) / 1e6))
        Console.print(String(format: "resident, idle   %8.1f MB  (median of %d)", memory.quantile(0.5) / 1e6, runs))
        Console.print(
            String(
                format: "start to birth   %8.1f ms  (median of %d; slowest %.1f ms)", births.quantile(0.5) * 1e3, runs,
                births.quantile(1) * 1e3))
    }
}
