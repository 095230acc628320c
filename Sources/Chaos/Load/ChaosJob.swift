import AttnMath
import Codecs
import Dispatcher
import Fleet

/// A small attention job, and the answer that it must have.
struct ChaosJob: Sendable {
    let id: JobID
    let isDurable: Bool
    let request: Safetensors
    private let expected: [Float]
    private let tolerance: Float

    /// - Parameter heavy: much work for few bytes, instead of something small of any shape.
    /// - Throws: `JobError` if the job cannot be laid out, which would be an error of this program.
    init(number: Int, client: Int, run: String, _ random: inout SeededGenerator, heavy: Bool = false) async throws {
        id = JobID("chaos-\(run)-\(client)-\(number)")!
        isDurable = .random(using: &random)
        let heads = heavy ? 8 : Int.random(in: 1...4, using: &random)
        let keys = heavy ? 2048 : Int.random(in: 1...256, using: &random)
        let queries = heavy ? 512 : Int.random(in: 1...64, using: &random)
        let headSize = heavy ? 8 : 8 * Int.random(in: 1...4, using: &random)
        var seeds = SeededGenerator(seed: random.next())
        func tensor(_ name: String, _ length: Int) -> TensorSource {
            // Multi-query where work is to be much and bytes few.
            let shape = [1, heavy && name != "Q" ? 1 : heads, length, headSize]
            let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &seeds) }
            return TensorSource(name, .f32, shape: shape, numbers)
        }
        request = try Safetensors(
            parsing: Safetensors.encode(
                metadata: [:], tensors: [tensor("Q", queries), tensor("K", keys), tensor("V", keys)]))
        let executor = LocalExecutor(kernel: .best, threads: 1)
        let answer = try await executor.run(try JobRequest.encode(request, as: id))
        expected = try Self.output(answer)
        // Both are within a few roundings of the truth: means of values in −1…1, whose weights are exact to about
        // (head size + keys) · 2⁻²⁴ relative.
        tolerance = Float(headSize + keys + 64) * 0x1p-23
    }

    /// Whether an answer is this job's.
    func isRight(_ answer: JobAnswer) -> Bool {
        guard let output = try? Self.output(answer), output.count == expected.count else { return false }
        return zip(output, expected).allSatisfy { abs($0 - $1) <= tolerance }
    }

    private static func output(_ answer: JobAnswer) throws -> [Float] {
        guard let file = answer.tensors, let y = file["Y"] else { throw ChaosError("an answer without Y") }
        return try file.elements(of: y, as: Float.self)
    }
}
