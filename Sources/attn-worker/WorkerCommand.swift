import ArgumentParser
import AttnMath
import Fleet
import Glibc
import Logging
import Mosquitto
import Settings
import UnixSignals
import Worker

/// `attn-worker`: computes attention blocks for the dispatchers of a fleet, until told to stop.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attn-worker",
        abstract: "Compute attention blocks for a fleet.",
        discussion: """
            Each setting can also come from the environment (--log-level: ATTN_LOG_LEVEL) or from a file given by \
            --config (log_level). A flag wins over the environment, the environment over the file.

            Two settings have no flag: isa (ATTN_ISA), the kernels to use, such as baseline; and labels \
            (ATTN_LABELS=room=attic,…), which are announced.

            SIGTERM or SIGINT: finish what is held, take nothing new, go. A second signal: go at once.

            EXAMPLES
              attn-worker --broker mqtt://192.168.1.10
              attn-worker --config config/worker.json --slots 2
              With a login and TLS:
                export ATTN_PASSWORD=…
                attn-worker --broker mqtts://hub.lan --user attic --ca-file ca.crt

            EXIT STATUS
              0 after a signal; 1 for a setting that cannot be used; 64 for wrong usage; 130 or 143 after a second signal. A \
            broker that is absent, or refuses the login, is tried for ever, and the reason told once.
            """,
        version: FleetVersion.current)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Service") var service: ServiceOptions

    @Option(help: ArgumentHelp("Tasks computed at a time; without it, one per core.", valueName: "n"))
    var slots: Int?

    @Option(help: ArgumentHelp("Tasks taken beyond the slots; without it, as many as slots.", valueName: "n"))
    var prefetch: Int?

    func run() async throws {
        Allocator.keepLargeBlocks()
        let sources = try service.sources(known: ["slots", "prefetch", "isa", "labels"])
        let options = try options(sources)
        let logger = try service.logger(sources, label: options.id.text)
        let address = try connection.address(sources, or: "put \"broker\" into a --config file")
        let tls = try connection.tls(sources)
        logger.debug("connecting", metadata: ["broker": "\(address)"])
        try await withMosquitto(address, options: options.client, tls: tls, connect: .retrying) { transport in
            let worker = WorkerService(options, transport: transport, logger: logger) {
                logger.info("ready", metadata: ["slots": "\(options.slots)", "isa": "\(options.kernel.variant)"])
                announceReadiness()
            }
            try await runUntilSignal(logger, drain: { await worker.drain() }, run: { try await worker.run() })
        }
    }

    private func options(_ sources: SettingSources) throws -> WorkerOptions {
        let cores = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
        let slots = try sources.int(slots, "slots", in: 1...1024) ?? cores
        return WorkerOptions(
            id: try service.peerID(sources), fleet: try connection.fleetID(sources),
            incarnation: Incarnation(microsecondsSince1970()), version: FleetVersion.current, slots: slots,
            prefetch: try sources.int(prefetch, "prefetch", in: 0...1024) ?? slots,
            kernel: try AttentionKernel(.named(try sources.string(nil, "isa"))), labels: try sources.labels("labels"))
    }
}
