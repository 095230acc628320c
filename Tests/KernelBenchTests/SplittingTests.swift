import AttnMath
import Testing

@testable import KernelBench

@Suite("Splitting a problem over threads")
struct SplittingTests {
    private static let shapes: [(heads: Int, kvHeads: Int, queries: Int, keys: Int)] = [
        (8, 8, 3, 5), (6, 2, 3, 5), (2, 1, 40, 5), (1, 1, 100, 5), (1, 1, 1, 50), (4, 2, 1, 33), (3, 1, 2, 2),
    ]

    @Test("every head sees every query and key exactly once, and each thread has a part")
    func coverage() throws {
        for (heads, kvHeads, queries, keys) in Self.shapes {
            for threads in 1...5 {
                let problem = try KernelProblem(
                    heads: heads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: 1)
                let parts = ProblemPart.parts(of: problem.shape, threads: threads)
                var seen = [Int](repeating: 0, count: heads * queries * keys)
                for part in parts {
                    for head in part.heads {
                        for query in part.queries {
                            for key in part.keys { seen[(head * queries + query) * keys + key] += 1 }
                        }
                    }
                }
                #expect(seen.allSatisfy { $0 == 1 }, "\(problem.shape) on \(threads)")
                #expect(parts.count >= min(threads, kvHeads * keys), "\(problem.shape) on \(threads)")
            }
        }
    }

    @Test("heads go first, then queries, then keys")
    func order() throws {
        func first(_ heads: Int, _ kvHeads: Int, _ queries: Int) throws -> ProblemPart? {
            let problem = try KernelProblem(heads: heads, kvHeads: kvHeads, queries: queries, keys: 64, headSize: 1)
            return ProblemPart.parts(of: problem.shape, threads: 2).first
        }
        #expect(try first(8, 2, 64) == ProblemPart(heads: 0..<4, queries: 0..<64, keys: 0..<64))
        #expect(try first(8, 1, 64) == ProblemPart(heads: 0..<1, queries: 0..<64, keys: 0..<64))
        #expect(try first(1, 1, 64) == ProblemPart(heads: 0..<1, queries: 0..<32, keys: 0..<64))
        #expect(try first(8, 1, 1) == ProblemPart(heads: 0..<8, queries: 0..<1, keys: 0..<32))
    }

    @Test("the result is that of the oracle, however it is split", arguments: DType.allCases)
    func results(_ dtype: DType) async throws {
        for (heads, kvHeads, queries, keys) in Self.shapes {
            for (isCausal, window) in [(false, nil), (true, nil), (false, Optional(4))] {
                let problem = try KernelProblem(
                    heads: heads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: 8, dtype: dtype,
                    isCausal: isCausal, window: window)
                for threads in 1...3 { try await expectOracle(problem, threads: threads) }
            }
        }
    }

    private func expectOracle(_ problem: KernelProblem, threads: Int) async throws {
        let operands = try ProblemOperands(problem)
        let expected = try AttentionOracle.attend(
            problem.shape, problem.attributes,
            BlockOperands(q: operands.q, k: operands.k, v: operands.v, format: problem.dtype.format))
        let results = try await ProblemRunner(problem, threads: threads, kernel: .best).run()
        // A sum of weighted values, none above 6, whose rounding and that of the scores before it each add up to at
        // most a unit in the last place for a term.
        let tolerance = Double(problem.shape.keys + problem.shape.headSize) * 6 * 0x1p-23
        for (got, wanted) in zip(results[0].output, expected.output) {
            #expect(abs(Double(got) - Double(wanted)) <= tolerance, "\(problem) on \(threads)")
        }
    }
}
