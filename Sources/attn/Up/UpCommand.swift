import ArgumentParser
import Fleet
import Foundation
import LocalFleet
import UnixSignals

/// `attn up`: a broker, a dispatcher and workers on this machine, for as long as the command runs.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run a whole fleet on this machine: broker, dispatcher and workers.",
        discussion: """
            Starts a mosquitto of its own, a dispatcher and workers. Once all are ready it prints the broker's URL on \
            the standard output, on a line of its own:

                broker: mqtt://127.0.0.1:21883

            and runs until Ctrl-C or SIGTERM, which take everything down in order; a second one does so at once. \
            Nothing is left running, however it ends.

            EXAMPLES
              Three workers on a free port:
                attn up
              A fixed port, to be used from another terminal with ATTN_BROKER=mqtt://127.0.0.1:1883:
                attn up --workers 4 --port 1883
              See what every part logs:
                attn up --verbose

            EXIT STATUS
              0 after a signal; 1 if a part could not start, or the broker or the dispatcher ended: which, and why, is \
            said on the standard error.
            """)

    @Option(help: ArgumentHelp("How many workers, 1 to 256.", valueName: "n"))
    var workers = 3

    @Option(help: ArgumentHelp("The broker's port; without it, a free one.", valueName: "port"))
    var port: UInt16?

    @Option(help: ArgumentHelp("The address the broker listens at.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("The fleet's name; its topics start with attn/v1/<name>.", valueName: "name"))
    var fleet = "home"

    @Option(help: ArgumentHelp("Tasks that a worker computes at a time; without it, one per core.", valueName: "n"))
    var slots: Int?

    @Option(
        help: ArgumentHelp(
            "Threads on which the dispatcher itself computes attention where that is sooner than sending it away; on one "
                + "machine it nearly always is. Default: 0, all goes to the workers.", valueName: "n"))
    var localThreads = 0

    @Option(
        help: ArgumentHelp(
            "Most bytes of tensors in one task or partial; less cuts a job into more. Default: 4194304.",
            valueName: "bytes"))
    var messageBytes: Int?

    @Option(
        help: ArgumentHelp(
            "Keep durable jobs in this folder; without it, in one that goes with the fleet.", valueName: "folder"))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "Know the models in this folder, for attn infer: each of its folders with a config.json.",
            valueName: "folder"), completion: .directory)
    var models: String?

    @Option(
        help: ArgumentHelp(
            "Answer sensors as the triggers in this file or folder say; needs --models.", valueName: "path"),
        completion: .file())
    var triggers: String?

    @Flag(name: .shortAndLong, help: "Show what every part logs, with its name before each line.")
    var verbose = false

    func validate() throws {
        guard (1...256).contains(workers) else { throw ValidationError("--workers must be 1 to 256, not \(workers)") }
        guard port != 0 else { throw ValidationError("--port must be 1 to 65535; leave it out for a free port") }
        guard PeerID(fleet) != nil else { throw ValidationError("--fleet must be \(PeerID.rule)") }
        if let slots, !(1...1024).contains(slots) {
            throw ValidationError("--slots must be 1 to 1024, not \(slots)")
        }
        guard (0...1024).contains(localThreads) else {
            throw ValidationError("--local-threads must be 0 to 1024, not \(localThreads)")
        }
        if let messageBytes, !(4096...1 << 28).contains(messageBytes) {
            throw ValidationError("--message-bytes must be 4096 to \(1 << 28), not \(messageBytes)")
        }
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let serving = Task { try await serve() }
        let watching = Task {
            var isStopping = false
            for await signal in signals {
                if isStopping {
                    // The children die with this process; see `ChildTrampoline`.
                    LocalFleet.removeFolders()
                    Foundation.exit(128 + signal.rawValue)
                }
                isStopping = true
                Console.say("\(signal): stopping; once more to stop at once")
                serving.cancel()
            }
        }
        defer { watching.cancel() }
        do {
            try await serving.value
        } catch let error as LocalFleetError where error.code == .cancelled && serving.isCancelled {
            // Stopped before it was up, which is as good as after.
        } catch {
            Console.say("attn up: \(error)")
            throw ExitCode.failure
        }
    }

    /// Runs the fleet until the task is cancelled.
    private func serve() async throws {
        let address = ListenAddress(host: host)
        if !address.isLoopback {
            Console.say(
                """
                warning: the broker at \(host) accepts anyone who can reach it, unencrypted and without a password; \
                for more than a trial run one of your own (config/mosquitto.conf)
                """)
        }
        try await withLocalFleet(options) { fleet in
            await announce(fleet)
            try await watch(fleet)
        }
    }

    private var options: LocalFleet.Options {
        var options = LocalFleet.Options()
        (options.workers, options.name, options.slots) = (workers, fleet, slots)
        (options.host, options.port, options.journal) = (host, port, journal)
        options.localThreads = localThreads
        if let messageBytes { options.moreDispatcherArguments += ["--message-bytes", String(messageBytes)] }
        if let triggers { options.moreDispatcherArguments += ["--triggers", triggers] }
        if let models { options.moreDispatcherArguments += ["--models", models] }
        options.executables.attn = Executables.own
        if verbose { options.echo = { child, line in Console.say("[\(child)] \(line)") } }
        return options
    }

    private func announce(_ fleet: LocalFleet) async {
        for (name, processID) in await fleet.processes { Console.say("process \(processID): \(name)") }
        Console.say("logs: \(fleet.logFolder)")
        Console.say("try it: attn attend REQUEST.safetensors -o RESULT.safetensors --broker \(fleet.brokerURL)")
        Console.say("stop it: Ctrl-C")
        Console.print("broker: \(fleet.brokerURL)")
    }

    /// Returns when the task is cancelled.
    /// - Throws: `LocalFleetError` if a part ends without which there is no fleet.
    private func watch(_ fleet: LocalFleet) async throws {
        for await exit in fleet.exits {
            guard exit.role == .worker else { throw LocalFleetError(.childExited, exit.description) }
            Console.say(exit.description)
            let left = await fleet.processes.count { $0.name.hasPrefix("worker-") }
            Console.say(
                left > 0
                    ? "going on with \(left) of \(workers) workers"
                    : "no worker is left: jobs wait for one. Start one: attn-worker --broker \(fleet.brokerURL)")
        }
    }
}
