// Attention as ONNX's reference evaluator computes it in float64, put right where docs/onnx.md says so, and additive
// attention by its formula; Vectors is written by tools/make_onnx_vectors.py.
//
// Each vector holds how far an answer may be off: twice what the same evaluator in float32 is, and a few roundings more
// (tools/onnx_attention/tolerance.py derives them). A 16-bit output adds half a unit in its last place.

import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("ONNX's answers") struct ONNXVectorTests {
    /// In one piece; for five slots; and into messages so small that heads, queries and keys are cut to a few.
    static let executors = [
        LocalExecutor(kernel: .best, limits: PlanLimits(slots: 1, messageBytes: .max)),
        LocalExecutor(kernel: .best, limits: PlanLimits(slots: 5, messageBytes: .max, smallestFlops: 0)),
        LocalExecutor(kernel: .best, limits: PlanLimits(slots: 2, messageBytes: 256, smallestFlops: 0)),
    ]

    @Test("are given, however the job is cut", arguments: try ONNXVector.all())
    func agreement(vector: ONNXVector) async throws {
        for executor in Self.executors {
            let answer = try await executor.run(vector.request())
            let deviation = try vector.firstDeviation(of: #require(answer.tensors))
            #expect(deviation == nil, "\(Self.plan(answer))")
        }
    }

    private static func plan(_ answer: JobAnswer) -> String {
        answer.report?.objectValue?["plan"]?.text() ?? "no plan"
    }
}
