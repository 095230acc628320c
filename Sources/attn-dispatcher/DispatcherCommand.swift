import ArgumentParser
import AttnMath
import CommandOptions
import Dispatcher
import Fleet
import Foundation
import Journal
import Logging
import Models
import Mosquitto
import Settings
import Transformer
import Triggers

/// `attn-dispatcher`: cuts jobs into shards, leases them to workers and answers, until told to stop.
@main
struct DispatcherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attn-dispatcher",
        abstract: "Run jobs over the workers of a fleet.",
        discussion: """
            Each setting can also come from the environment (--log-level: ATTN_LOG_LEVEL) or from a file given by \
            --config (log_level). A flag wins over the environment, the environment over the file.

            SIGTERM or SIGINT: take no more jobs, finish those under way, go; durable jobs that take longer than \
            --drain-seconds are left in the journal for the next start. A second signal: go at once.

            EXAMPLES
              attn-dispatcher --broker mqtt://192.168.1.10
              attn-dispatcher --config config/dispatcher.json --timeout 60
              attn-dispatcher --broker mqtt://192.168.1.10 --journal /var/lib/attn

            EXIT STATUS
              0 after a signal; 1 for a setting that cannot be used; 64 for wrong usage; 130 or 143 after a second signal. A \
            broker that is absent, or refuses the login, is tried for ever, and the reason told once.
            """,
        version: FleetVersion.current)

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Service") var service: ServiceOptions

    @Option(
        help: ArgumentHelp("How long a job may take whose request does not say. Default: 30.", valueName: "seconds"))
    var timeout: Int?

    @Option(
        help: ArgumentHelp(
            "Keep durable jobs in this folder, so that they outlive the dispatcher. Default: none, they are refused.",
            valueName: "folder"))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "Most bytes of requests and answers in the journal. Default: 17179869184.", valueName: "bytes"))
    var journalBytes: Int?

    @Option(help: ArgumentHelp("Most jobs at a time; more are refused as busy. Default: 1024.", valueName: "n"))
    var maxJobs: Int?

    @Option(
        help: ArgumentHelp(
            "Most bytes of jobs in memory; more are refused as busy. Default: 1073741824.", valueName: "bytes"))
    var maxBytes: Int?

    @Option(
        help: ArgumentHelp("The largest part of both that one client may use, in percent. Default: 50.", valueName: "n")
    )
    var clientShare: Int?

    @Option(
        help: ArgumentHelp(
            "How long to finish jobs after SIGTERM before going nevertheless. Default: 30.", valueName: "seconds"))
    var drainSeconds: Int?

    @Option(help: ArgumentHelp("Most bytes of tensors in one task or partial. Default: 4194304.", valueName: "bytes"))
    var messageBytes: Int?

    @Option(
        help: ArgumentHelp(
            "Compute attention here, on so many threads, where that is sooner than sending it away; 0: never. Default: "
                + "one per core.", valueName: "n"))
    var localThreads: Int?

    @Option(
        help: ArgumentHelp(
            "Know the models in this folder: each of its folders with a config.json. Default: none.",
            valueName: "folder"), completion: .directory)
    var models: String?

    @Option(
        help: ArgumentHelp(
            "Answer sensors as the triggers in this file or folder say, in one dispatcher of a fleet. Default: none.",
            valueName: "path"), completion: .file())
    var triggers: String?

    @Option(
        help: ArgumentHelp(
            "What models' weights are kept in: \(WeightFormat.names). Default: float32.", valueName: "format"))
    var weights: String?

    func run() async throws {
        Allocator.keepLargeBlocks()
        let (connection, service) = (connection.settings, service.settings)
        let sources = try service.sources(known: Self.keys)
        let options = try options(sources)
        let logger = try service.logger(sources, label: options.id.text)
        let address = try connection.address(sources, or: "put \"broker\" into a --config file")
        let tls = try connection.tls(sources)
        guard let folder = try sources.string(journal, "journal") else {
            return try await serve(options, address, tls, logger)
        }
        do {
            try await withJournal(in: folder, now: .now, logger: logger) { journal, contents in
                var options = options
                options.epoch = contents.epoch
                let open = contents.jobs.count { $0.state == .accepted }
                logger.info("journal opened", metadata: ["jobs": "\(contents.jobs.count)", "unfinished": "\(open)"])
                try await serve(options, address, tls, logger, journal, contents.jobs)
            }
        } catch let error as JournalError {
            throw SettingError("journal: \(error.message)")
        }
    }

    private func serve(
        _ options: DispatcherOptions, _ address: BrokerAddress, _ tls: TLSOptions?, _ logger: Logger,
        _ journal: Journal? = nil, _ recovered: [JournaledJob] = []
    ) async throws {
        logger.debug("connecting", metadata: ["broker": "\(address)"])
        try await withMosquitto(address, options: options.client, tls: tls, connect: .retrying) { transport in
            let dispatcher = DispatcherService(
                options, transport: transport, journal: journal, recovered: recovered, logger: logger
            ) {
                logger.info("ready", metadata: ["fleet": "\(options.fleet)"])
                announceReadiness()
            }
            try await runUntilSignal(
                logger, drain: { await dispatcher.drain() }, run: { try await dispatcher.run() })
        }
    }

    private static let keys: Set<String> = [
        "timeout", "journal", "journal_bytes", "max_jobs", "max_bytes", "client_share", "drain_seconds",
        "message_bytes", "local_threads", "models", "weights", "triggers",
    ]

    private func options(_ sources: SettingSources) throws -> DispatcherOptions {
        var options = DispatcherOptions(
            id: try service.settings.peerID(sources), fleet: try connection.settings.fleetID(sources),
            epoch: microsecondsSince1970(),
            version: FleetVersion.current)
        if let seconds = try sources.int(timeout, "timeout", in: 1...86_400) { options.timeout = .seconds(seconds) }
        if let jobs = try sources.int(maxJobs, "max_jobs", in: 1...1_000_000) { options.admission.jobs = jobs }
        if let bytes = try sources.int(maxBytes, "max_bytes", in: 1 << 20...1 << 40) { options.admission.bytes = bytes }
        if let bytes = try sources.int(journalBytes, "journal_bytes", in: 1 << 20...1 << 50) {
            options.admission.storedBytes = bytes
        }
        if let percent = try sources.int(clientShare, "client_share", in: 1...100) {
            options.admission.clientShare = Double(percent) / 100
        }
        if let seconds = try sources.int(drainSeconds, "drain_seconds", in: 0...86_400) {
            options.admission.drainGrace = .seconds(seconds)
        }
        if let bytes = try sources.int(messageBytes, "message_bytes", in: 4096...1 << 28) {
            options.messageBytes = bytes
        }
        options.localThreads =
            try sources.int(localThreads, "local_threads", in: 0...1024) ?? ProcessInfo.processInfo.activeProcessorCount
        let variant = ProcessInfo.processInfo.environment["ATTN_ISA"]
        do { options.kernel = try AttentionKernel(.named(variant)) } catch { throw SettingError("ATTN_ISA: \(error)") }
        if let folder = try sources.string(models, "models") {
            let format = try weightFormat(sources)
            do throws(ModelError) {
                options.models = try ModelLibrary(folder: folder, format: format)
            } catch {
                throw SettingError("models: \(error.message)")
            }
        }
        options.triggers = try triggers(sources, options.models)
        return options
    }

    /// The triggers of a path, each of which has its model.
    private func triggers(_ sources: SettingSources, _ library: ModelLibrary) throws -> [Trigger] {
        guard let path = try sources.string(triggers, "triggers") else { return [] }
        let found: [Trigger]
        do throws(TriggerFileError) {
            found = try TriggerFile.triggers(in: TriggerFile.files(at: path))
        } catch {
            throw SettingError("triggers: \(error)")
        }
        let flaws = TriggerFitness.flaws(of: found, library)
        guard flaws.isEmpty else { throw SettingError("triggers: \(flaws.joined(separator: "\n"))") }
        return found
    }

    private func weightFormat(_ sources: SettingSources) throws -> WeightFormat {
        let name = try sources.string(weights, "weights") ?? WeightFormat.float32.rawValue
        guard let format = WeightFormat(rawValue: name) else {
            throw SettingError("weights: '\(name)' is none of \(WeightFormat.names)")
        }
        return format
    }
}
