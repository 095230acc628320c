import ArgumentParser
import Client
import Codecs
import CommandOptions
import Demo
import Fleet
import Foundation
import LocalFleet
import Mosquitto

/// `attn demo sensors`: recordings replayed as sensors, inferred by a fleet that grows and loses a worker; then sentences.
struct DemoSensorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sensors",
        abstract: "Watch sensors being read by a fleet that grows and loses a worker; then sentences.",
        discussion: """
            Starts a broker, a dispatcher and three workers. Sensors replay recordings of a smart watch that the model has \
            not been trained on, reading by reading on MQTT topics; a trigger infers from each ten seconds what its wearer \
            does, and publishes it. A sensor plays its next recording when it has read the result of the last. Two more \
            workers are started, then one is killed; every window must be answered, once. Then sentences are published and \
            come back as embeddings, if models/all-MiniLM-L6-v2 is there.

            So that workers, and not the broker of this machine, are what limits the rate, as devices would be, each is held \
            to a share of a core by a control group. Where that is not permitted they have all they can get.

            EXAMPLES
              attn demo
              attn demo --seconds 20 --sensors 24     longer, with more sensors
              attn demo --share 0                     workers that have all they can get
              attn demo --json > demo.json

            EXIT STATUS
              0 if every window was answered once and nine of ten rightly; 1 otherwise, or if the fleet did not start.
            """)

    @Option(help: ArgumentHelp("How many sensors, 1 to 1000.", valueName: "n"))
    var sensors = 12

    @Option(help: ArgumentHelp("How long each fleet is watched, 1 to 3600.", valueName: "seconds"))
    var seconds = 6.0

    @Option(
        help: ArgumentHelp(
            "The share of a core that each worker is held to, 0.005 to 1; 0: it is not held.", valueName: "share"))
    var share = 0.01

    @Option(
        help: ArgumentHelp(
            "The folder that has basic-motions; without it, models/ here or beside the program's sources.",
            valueName: "folder"), completion: .directory)
    var models: String?

    @Flag(help: "Print what was measured as one JSON object, and nothing else.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(sensors) else { throw ValidationError("--sensors must be 1 to 1000") }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600") }
        guard share == 0 || (0.005...1).contains(share) else {
            throw ValidationError("--share must be 0.005 to 1, or 0")
        }
    }

    func run() async throws {
        let models = try DemoModels(models)
        let recordings: Recordings
        do throws(Recordings.Flaw) { recordings = try Recordings(model: models.sensorModel) } catch {
            throw CommandFailure(error.description)
        }
        let page = DemoPage(isQuiet: json)
        let triggers = try DemoTriggers(models)
        defer { triggers.remove() }
        let signals = InterruptHandler {
            triggers.remove()
            LocalFleet.removeFolders()
        }
        defer { signals.cancel() }
        do {
            try await withLocalFleet(options(models, triggers, page)) { fleet in
                try await watch(fleet, models, recordings, page)
            }
        } catch let error as LocalFleetError {
            throw CommandFailure("the demo's fleet: \(error)")
        }
        page.title("All taken down")
    }

    private func options(_ models: DemoModels, _ triggers: DemoTriggers, _ page: DemoPage) -> LocalFleet.Options {
        page.title("Starting a broker, a dispatcher and three workers")
        var options = LocalFleet.Options()
        options.slots = 1
        options.moreDispatcherArguments = ["--models", models.folder, "--triggers", triggers.path]
        options.executables.attn = Executables.own
        options.startBound = .seconds(30)
        guard share > 0 else { return options }
        if let reason = LocalFleet.whyNoShares {
            page.warn("\(reason); so workers have all they can get, and more of them may not be faster")
        } else {
            options.workerShares = [share]
            page.line("each worker is held to \(fixed(100 * share, 1)) % of a core, as a small device would be")
        }
        return options
    }

    private func watch(
        _ fleet: LocalFleet, _ models: DemoModels, _ recordings: Recordings, _ page: DemoPage
    ) async throws {
        page.line("broker: \(fleet.brokerURL)")
        let address = try BrokerAddress(parsing: fleet.brokerURL)
        let client = ClientOptions(clientID: "attn-demo-\(ConnectionOptions.clientID())")
        let book = try await withMosquitto(address, options: client) { transport in
            let demo = SensorDemo(
                fleet: fleet, transport: transport, recordings: recordings, page: page, sensors: sensors,
                seconds: seconds)
            return try await demo.run()
        }
        if json { Console.print(DemoSummary(book, isHeld: await fleet.isHeldToShares ? share : nil).json.text()) }
        try check(book, page)
        await fleet.liftShares()
        let sentences = ClientOptions(clientID: "attn-demo-\(ConnectionOptions.clientID())")
        try await withMosquitto(address, options: sentences) { transport in
            try await SentenceDemo(transport: transport, page: page, models: models).run()
        }
    }

    private func check(_ book: Playback, _ page: DemoPage) throws {
        for line in DemoSummary(book, isHeld: nil).lines { page.line(line) }
        guard book.open == 0, book.doubled == 0, book.unknown == 0 else {
            throw CommandFailure("\(book.open) windows were lost, \(book.doubled) answered twice")
        }
        guard book.accuracy >= 0.9 else {
            throw CommandFailure("only \(fixed(100 * book.accuracy, 1)) % of the windows were told rightly")
        }
    }
}
