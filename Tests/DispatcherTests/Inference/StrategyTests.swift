import Codecs
import Compute
import Fleet
import Foundation
import Models
import Testing
import Transformer

@testable import Dispatcher

/// Every strategy, from tasks to outputs, without a fleet: what it asks for is computed as workers compute it.
@Suite("Strategies")
struct StrategyTests {
    private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../models").standardizedFileURL.path

    /// Recordings of the test split, of lengths that make no shares even.
    private func request(_ model: Model, cases: Int) throws -> InferenceRequest {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.models)/\(model.name)/test.safetensors"))
        let x = try Safetensors(parsing: Array(bytes)).tensor("x")
        let values = try Safetensors(parsing: Array(bytes)).elements(of: x, as: Float.self)
        let batch = SeriesBatch(
            values: Array(values.prefix(cases * x.shape[1] * x.shape[2])), windows: cases, channels: x.shape[1],
            length: x.shape[2])
        let payload = try Safetensors.encode(
            metadata: ["job": "strategies", "op": "Infer", "protocol": "1", "model": model.name],
            tensors: EncoderBatch.series(batch).sources)
        return try InferenceRequest(JobRequest(decoding: payload), ModelLibrary([model]))
    }

    /// Runs a job's shards stage by stage, each stage's from the last to the first.
    private func run(_ work: some JobWork, _ loaded: [BlobDigest: LoadedModel]) throws -> Safetensors {
        var work = work
        let workspace = EncoderWorkspace()
        for first in stride(from: 0, to: work.shardCount, by: work.shardsPerStage) {
            for shard in (first..<first + work.shardsPerStage).reversed() {
                let header = TaskHeader(
                    op: "Infer", job: JobID("strategies")!, shard: shard, attempt: 1,
                    lease: LeaseToken(epoch: 1, number: UInt64(shard)), incarnation: Incarnation(1))
                let task = try ModelTask(decoding: try work.encodeTask(header, shard: shard, context: nil))
                let model = try #require(loaded[task.model])
                guard case .done(let result) = ModelComputation(task, model, cancel: CancelFlag()).run(workspace)
                else { throw JobError(.shardFailed, "shard \(shard)") }
                let message = try Safetensors(parsing: Safetensors.encode(tensors: [result.source]))
                work.take(try work.validate(message, shard: shard), shard: shard)
            }
        }
        return try Safetensors(parsing: Safetensors.encode(tensors: work.outputs()))
    }

    private static let shares: [[Double]] = [
        [1], [1, 1], [3, 1], [1, 1, 1], [1, 0.1, 5], Array(repeating: 1, count: 8), [8, 4, 2, 1, 1, 2, 4, 8],
    ]

    @Test(
        "give what the whole model gives, whatever the shares", arguments: ["basic-motions", "italy-power-demand"],
        shares)
    func agree(name: String, shares: [Double]) throws {
        let folder = "\(Self.models)/\(name)"
        let model = try Model(folder: folder, hasLayers: true)
        let whole = try LoadedModel(SafetensorsView(parsing: model.archive))
        for cases in [1, 7] {
            let request = try request(model, cases: cases)
            let expected = try #require(try model.encoder.infer(request.batch, workspace: EncoderWorkspace()))
                .flatMap(\.values)
            for mostRows in [1 << 20, 5] {
                let pieces = InferencePieces(shares: shares, mostRows: mostRows)
                let slices = try ModelSlice.cut(model.configuration, shares: shares).map {
                    try ModelSliceArchive($0, of: model)
                }
                var loaded = [model.digest: whole]
                for slice in slices {
                    loaded[slice.digest] = try LoadedModel(SafetensorsView(parsing: slice.archive))
                }
                let answers = [
                    try run(ReplicatedInference(request, pieces), loaded),
                    try run(PositionsInference(request, pieces), loaded),
                    try run(HeadsInference(request, slices, mostRows: mostRows), loaded),
                ]
                for (answer, strategy) in zip(answers, ["replicate", "positions", "heads"]) {
                    let logits = try answer.elements(of: answer.tensor("logits"), as: Float.self)
                    let scale = expected.reduce(1) { max($0, abs($1)) }
                    let difference = zip(logits, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
                    // Sums in another order: a few roundings a layer of rows that a norm keeps near 1, and they reach the
                    // logits through one linear layer.
                    #expect(
                        logits.count == expected.count && difference <= 64 * scale * 0x1p-24,
                        "\(strategy) \(shares) \(cases): \(difference) of \(scale)")
                }
            }
        }
    }

    @Test("results of the wrong shape, or not finite, are invalid")
    func validation() throws {
        let model = try Model(folder: "\(Self.models)/italy-power-demand", hasLayers: true)
        let request = try request(model, cases: 3)
        let slices = try ModelSlice.cut(model.configuration, shares: [1, 1]).map {
            try ModelSliceArchive($0, of: model)
        }
        let work = HeadsInference(request, slices, mostRows: 1000)
        let (rows, width) = (request.layout.rows, model.configuration.hiddenSize)
        func result(_ name: String, _ shape: [Int], _ value: Float = 0) throws -> Safetensors {
            let values = [Float](repeating: value, count: shape.reduce(1, *))
            return try Safetensors(
                parsing: Safetensors.encode(tensors: [TensorSource(name, .f32, shape: shape, values)]))
        }
        #expect(throws: Never.self) { try work.validate(result("summand", [rows, width]), shard: 0) }
        for (name, shape, value) in [
            ("hidden_state", [rows, width], 0), ("summand", [rows - 1, width], 0), ("summand", [rows * width], 0),
            ("summand", [rows, width], Float.nan), ("summand", [rows, width], .infinity),
        ] {
            #expect(throws: InvalidPartial.self, "\(name) \(shape)") {
                try work.validate(result(name, shape, value), shard: 0)
            }
        }
    }

    @Test("slices are cut once for a cut, and kept while a job uses them")
    func store() throws {
        let model = try Model(folder: "\(Self.models)/italy-power-demand", hasLayers: false)
        var store = SliceStore()
        func cut(_ pieces: Int) -> [ModelSlice] {
            ModelSlice.cut(model.configuration, shares: Array(repeating: 1, count: pieces))
        }
        var held: [ModelSliceArchive]? = try store.archives(of: cut(2), model)
        let digest = try #require(held?[0].digest)
        #expect(try store.archives(of: cut(2), model)[0] === held?[0])
        for pieces in [1, 2, 1] { _ = try store.archives(of: cut(pieces), model) }
        #expect(store[digest] != nil)
        // Shares that cut otherwise, until the first cut is not among the latest.
        for heads in 1...2 {
            let whole = model.configuration
            _ = try store.archives(
                of: [ModelSlice(heads: 0..<heads, columns: 0..<whole.intermediateSize)], model)
        }
        #expect(store[digest] === held?[0], "a job still uses it")
        held = nil
        #expect(store[digest] == nil)
    }
}
