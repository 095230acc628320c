import ArgumentParser
import Codecs
import CommandOptions
import Demo
import Fleet
import Foundation
import LocalFleet
import Mosquitto

/// `attn bench sensors`: how many sensors one dispatcher serves, with broker and workers beside it on this machine.
struct BenchSensorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensors",
        abstract: "Measure how many sensors a dispatcher serves, with a real broker and workers.",
        discussion: """
            Sensors publish readings of power demand, one MQTT message each, at an even pace; 24 readings are a window, from \
            which the fleet infers the season, and the result goes back to the broker. Before the measurement every sensor \
            publishes up to a window's readings, so that windows come evenly, too. What was sent is held against what the \
            dispatcher counted and what came back. Everything, the sensors included, runs on this machine's cores.

            EXAMPLES
              Ten thousand sensors, each once a second:
                attn bench sensors
              As fast as it goes:
                attn bench sensors --rate 100000 --json
            """)

    @Option(help: ArgumentHelp("How many sensors.", valueName: "n"))
    var sensors = 10_000

    @Option(help: ArgumentHelp("Readings a second, of all sensors together.", valueName: "n"))
    var rate = 10_000

    @Option(help: ArgumentHelp("How long it is measured.", valueName: "seconds"))
    var seconds = 20.0

    @Option(help: ArgumentHelp("Workers of the fleet.", valueName: "n"))
    var workers = 2

    @Option(
        help: ArgumentHelp("The folder that has italy-power-demand.", valueName: "folder"), completion: .directory)
    var models = "models"

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(sensors) else { throw ValidationError("--sensors must be 1 to 1000000") }
        guard (10...1_000_000).contains(rate) else { throw ValidationError("--rate must be 10 to 1000000") }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers must be 1 to 64") }
    }

    func run() async throws {
        let demands = try PowerDemands(models)
        let trigger = NSTemporaryDirectory() + "attn-bench-\(UUID().uuidString).yaml"
        try Data(PowerDemands.trigger(sensors: sensors).utf8).write(to: URL(fileURLWithPath: trigger))
        // In a folder for temporary files, one that is left behind does no harm; so below.
        defer { try? FileManager.default.removeItem(atPath: trigger) }
        let signals = InterruptHandler {
            try? FileManager.default.removeItem(atPath: trigger)
            LocalFleet.removeFolders()
        }
        defer { signals.cancel() }
        var options = LocalFleet.Options()
        (options.workers, options.slots, options.logLevel) = (workers, 1, "warning")
        options.moreDispatcherArguments = ["--models", models, "--triggers", trigger]
        options.executables.attn = Executables.own
        do {
            let outcome = try await withLocalFleet(options) { fleet in
                let id = ConnectionOptions.clientID()
                return try await withMosquitto(
                    BrokerAddress(parsing: fleet.brokerURL), options: ClientOptions(clientID: "attn-sensors-\(id)")
                ) { transport in
                    try await SensorBench(
                        fleet: fleet, transport: transport, demands: demands, sensors: sensors, rate: rate,
                        seconds: seconds
                    ).run()
                }
            }
            Console.print(json ? outcome.json.text() : outcome.text)
        } catch let error as LocalFleetError {
            throw CommandFailure("the fleet to be measured: \(error)")
        }
    }
}
