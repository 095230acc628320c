import AttnMath
import Testing

@testable import KernelBench

@Suite("The work a problem asks for")
struct WorkTests {
    @Test("every pair of query and key, twice for each element of a key and of a value")
    func all() throws {
        let problem = try KernelProblem(heads: 4, kvHeads: 2, queries: 3, keys: 5, headSize: 8, valueHeadSize: 2)
        #expect(problem.visiblePairs == 15)
        #expect(problem.operationCount == 2 * (8 + 2) * 15 * 4)
    }

    @Test("causal: the pairs on and below the diagonal that ends at the last key")
    func causal() throws {
        #expect(try KernelProblem(heads: 1, queries: 4, keys: 4, headSize: 1, isCausal: true).visiblePairs == 10)
        #expect(try KernelProblem(heads: 1, queries: 1, keys: 9, headSize: 1, isCausal: true).visiblePairs == 9)
        // The first two of four queries stand before both keys.
        #expect(try KernelProblem(heads: 1, queries: 4, keys: 2, headSize: 1, isCausal: true).visiblePairs == 3)
    }

    @Test("a window: as many keys for each query, fewer at the start")
    func window() throws {
        #expect(try KernelProblem(heads: 1, queries: 5, keys: 5, headSize: 1, window: 2).visiblePairs == 9)
        #expect(try KernelProblem(heads: 1, queries: 2, keys: 9, headSize: 1, window: 3).visiblePairs == 6)
    }

    @Test("the pairs counted are those that the kernel is told to compute, for every small shape")
    func sameAsKernel() throws {
        for queries in 1...6 {
            for keys in 1...6 {
                for (isCausal, window) in [(false, nil), (true, nil)] + (1...7).map({ (false, Optional($0)) }) {
                    let problem = try KernelProblem(
                        heads: 1, queries: queries, keys: keys, headSize: 1, isCausal: isCausal, window: window)
                    let told = problem.attributes.window
                    let seen = (0..<queries).map { i in (0..<keys).count { told.contains(query: i, key: $0) } }
                    #expect(problem.visiblePairs == seen.reduce(0, +), "\(queries) × \(keys), \(told)")
                }
            }
        }
    }

    @Test("bytes: Q, K and V as they are stored, output and log-sum-exp in float32", arguments: DType.allCases)
    func bytes(_ dtype: DType) throws {
        let problem = try KernelProblem(
            heads: 4, kvHeads: 2, queries: 3, keys: 5, headSize: 8, valueHeadSize: 2, dtype: dtype)
        let stored = dtype == .f32 ? 4 : 2
        #expect(problem.byteCount == (4 * 3 * 8 + 2 * 5 * 8 + 2 * 5 * 2) * stored + (4 * 3 * 2 + 4 * 3) * 4)
    }
}
