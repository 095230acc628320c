import Client
import Codecs
import CommandOptions
import Compute
import Fleet
import Foundation
import LocalFleet
import Models
import Mosquitto
import Settings
import Transformer

/// A fleet that is started to be measured, with one model, and a client of it.
struct ModelFleet: Sendable {
    let local: LocalFleet
    private let client: FleetClient
    private let model: String

    /// - Parameters:
    ///   - workers: each computes one task at a time.
    ///   - share: of a core, that each worker is held to; nil: all it can get.
    static func with<Result: Sendable>(
        _ model: Model, in folder: String, workers: Int, share: Double? = nil,
        _ body: (ModelFleet) async throws -> Result
    ) async throws -> Result {
        Allocator.keepLargeBlocks()
        // A folder with that model alone: the others' are not to be loaded.
        let models = NSTemporaryDirectory() + "attn-bench-models-\(UUID().uuidString)"
        // Of a folder for temporary files, a link that is left behind does no harm.
        defer { try? FileManager.default.removeItem(atPath: models) }
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: "\(models)/\(model.name)",
            withDestinationPath: URL(fileURLWithPath: folder).standardizedFileURL.path)
        var options = LocalFleet.Options()
        (options.workers, options.slots, options.logLevel) = (workers, 1, "warning")
        options.workerShares = share.map { [$0] } ?? []
        options.executables.attn = Executables.own
        options.moreDispatcherArguments = ["--models", models]
        options.startBound = .seconds(60)
        do {
            return try await withLocalFleet(options) { fleet in
                guard let name = PeerID(options.name) else { throw CommandFailure("'\(options.name)' is no fleet") }
                let id = ConnectionOptions.clientID()
                return try await withMosquitto(
                    BrokerAddress(parsing: fleet.brokerURL), options: ClientOptions(clientID: "attn-client-\(id)")
                ) { transport in
                    try await withFleetClient(id: id, fleet: name, transport: transport) { client in
                        try await body(ModelFleet(local: fleet, client: client, model: model.name))
                    }
                }
            }
        } catch let error as LocalFleetError {
            throw CommandFailure("the fleet to be measured: \(error)")
        }
    }

    /// One job, from the request to its answer.
    func run(_ batch: EncoderBatch, _ strategy: InferenceStrategy = .auto) async throws -> Outcome {
        let request = try Safetensors(
            parsing: Safetensors.encode(
                metadata: ["op": "Infer", "model": model, "strategy": strategy.rawValue], tensors: batch.sources))
        guard let job = JobID("bench-\(String(UInt64.random(in: 0 ... .max), radix: 36))") else {
            throw CommandFailure("no job ID")
        }
        let clock = ContinuousClock()
        let start = clock.now
        let answer = try await client.run(
            request, as: job, timeout: .seconds(300), JobOptions(wantsUpdates: false))
        let latency = start.duration(to: clock.now)
        guard answer.status == .done else {
            throw CommandFailure("a job failed: \(answer.errorCode ?? ""): \(answer.errorMessage ?? "")")
        }
        let report = answer.report?.objectValue
        return Outcome(
            seconds: latency.inSeconds,
            bytes: (report?["bytes_sent"]?.intValue ?? 0) + (report?["bytes_received"]?.intValue ?? 0),
            workers: report?["workers"]?.arrayValue?.count ?? 0)
    }

    struct Outcome: Sendable {
        let seconds: Double
        /// Of tasks and results.
        let bytes: Int
        let workers: Int
    }
}
