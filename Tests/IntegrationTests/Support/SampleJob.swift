import AttnMath
import Codecs
import Dispatcher
import Fleet
import Testing

/// An attention job with random inputs in −1…1, and its answer computed in this process.
struct SampleJob: Sendable {
    var batch = 1
    var queryHeads = 4
    var kvHeads = 4
    var queries = 16
    var keys = 16
    var headSize = 16
    var isCausal = false
    var hasMask = false
    /// Those wanted; nil: the default.
    var outputs: String?
    var seed: UInt64 = 1

    func request() throws -> Safetensors {
        var random = SeededGenerator(seed: seed)
        func tensor(_ name: String, _ heads: Int, _ length: Int) -> TensorSource {
            let shape = [batch, heads, length, headSize]
            let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
            return TensorSource(name, .f32, shape: shape, numbers)
        }
        var tensors = [tensor("Q", queryHeads, queries), tensor("K", kvHeads, keys), tensor("V", kvHeads, keys)]
        if hasMask {
            let bits = (0..<queries * keys).map { _ in UInt8.random(in: 0...3, using: &random) == 0 ? UInt8(0) : 1 }
            tensors.append(TensorSource("attn_mask", .bool, shape: [queries, keys], bits))
        }
        var metadata = isCausal ? ["is_causal": "1"] : [:]
        metadata["outputs"] = outputs
        return try Safetensors(parsing: try Safetensors.encode(metadata: metadata, tensors: tensors))
    }

    /// What local execution answers; it is held against the Double oracle elsewhere.
    func expected() async throws -> [Float] {
        let executor = LocalExecutor(kernel: .best, threads: 1)
        let answer = try await executor.run(try JobRequest.encode(try request(), as: JobID("expected")!))
        return try output(answer)
    }

    /// Both are within a few rounding errors of the truth: convex combinations of values in −1…1, of which the weights
    /// are exact to about (head size + keys) · 2⁻²⁴ relative.
    var tolerance: Float { Float(headSize + keys + 64) * 0x1p-23 }

    func check(_ answer: JobAnswer, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        guard answer.status == .done else {
            Issue.record("\(answer.errorCode ?? ""): \(answer.errorMessage ?? "")", sourceLocation: sourceLocation)
            return
        }
        let (got, want) = (try output(answer), try await expected())
        try #require(got.count == want.count, sourceLocation: sourceLocation)
        let difference = zip(got, want).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(difference <= tolerance, sourceLocation: sourceLocation)
    }

    private func output(_ answer: JobAnswer) throws -> [Float] {
        let tensors = try #require(answer.tensors)
        return try tensors.elements(of: try tensors.tensor("Y"), as: Float.self)
    }
}

func job(_ name: String) -> JobID { JobID(name)! }

func peer(_ name: String) -> PeerID { PeerID(name)! }

extension SampleJob {
    /// Twelve shards or more, so that something can happen to the fleet in the middle.
    static var large: SampleJob { SampleJob(queryHeads: 12, kvHeads: 12, queries: 2048, keys: 2048, headSize: 32) }
}
