import AttnMath
import Blobs
import Fleet
import Glibc
import Logging
import Mosquitto
import Settings
import Worker

/// `attn-worker`: computes attention blocks for the dispatchers of a fleet, until told to stop.
@main
struct WorkerCommand {
    /// The names in files of a worker's own settings: those of its flags, and two that have none.
    static let keys: Set<String> = [
        SettingFlag.slots.key, SettingFlag.prefetch.key, SettingFlag.cache.key, SettingFlag.cacheBytes.key,
        SettingFlag.modelBytes.key, SettingFlag.contextBytes.key, "isa", "labels",
    ]

    private let connection: ConnectionSettings
    private let service: ServiceSettings
    private let slots: Int?
    private let prefetch: Int?
    private let cache: String?
    private let cacheBytes: Int?
    private let modelBytes: Int?
    private let contextBytes: Int?

    static func main() async {
        exit(await CommandManual.worker.run { try await WorkerCommand($0).run() })
    }

    private init(_ flags: FlagValues) throws(UsageError) {
        connection = ConnectionSettings(flags)
        service = ServiceSettings(flags)
        slots = try flags.int(.slots)
        prefetch = try flags.int(.prefetch)
        cache = flags[.cache]
        cacheBytes = try flags.int(.cacheBytes)
        modelBytes = try flags.int(.modelBytes)
        contextBytes = try flags.int(.contextBytes)
    }

    private func run() async throws {
        Allocator.keepLargeBlocks()
        let sources = try service.sources(known: Self.keys)
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
        var options = WorkerOptions(
            id: try service.peerID(sources), fleet: try connection.fleetID(sources),
            incarnation: Incarnation(microsecondsSince1970()), version: FleetVersion.current, slots: slots,
            prefetch: try sources.int(prefetch, "prefetch", in: 0...1024) ?? slots,
            kernel: try AttentionKernel(.named(try sources.string(nil, "isa"))), labels: try sources.labels("labels"),
            cache: try cache(sources))
        if let bytes = try sources.int(modelBytes, "model_bytes", in: 0...1 << 40) { options.modelBytes = bytes }
        if let bytes = try sources.int(contextBytes, "context_bytes", in: 0...1 << 40) { options.contextBytes = bytes }
        return options
    }

    private func cache(_ sources: SettingSources) throws -> BlobCache {
        let folder = try sources.string(cache, "cache")
        let bytes = try sources.int(cacheBytes, "cache_bytes", in: 1 << 20...1 << 50) ?? 4 << 30
        do throws(BlobError) { return try BlobCache(folder: folder, budget: bytes) } catch {
            throw SettingError("cache: \(error.message)")
        }
    }
}
