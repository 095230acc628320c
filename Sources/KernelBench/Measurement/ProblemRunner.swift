import AttnMath
import Compute
import Synchronization

/// Computes a problem again and again, on the calling thread or split over threads of its own.
final class ProblemRunner {
    let problem: KernelProblem
    let threads: Int
    private let kernel: AttentionKernel
    private let operands: ProblemOperands
    private let parts: [ProblemPart]
    private let resultCount: Int
    private let pool: ComputePool<Workspace>?
    private var workspace = Workspace()

    init(_ problem: KernelProblem, threads: Int, kernel: AttentionKernel) throws {
        self.problem = problem
        self.threads = threads
        self.kernel = kernel
        operands = try ProblemOperands(problem)
        parts = ProblemPart.parts(of: problem.shape, threads: threads)
        resultCount = (parts.map(\.result).max() ?? 0) + 1
        pool = threads > 1 ? ComputePool(threads: threads) { Workspace() } : nil
    }

    /// Computes it once, allocation of the result and merging included.
    @discardableResult
    func run() async throws(ShapeError) -> ProblemResults {
        let results = ProblemResults(problem.shape, count: resultCount)
        if let pool {
            try await run(on: pool, into: results)
        } else {
            for part in parts {
                try part.compute(problem, operands, by: kernel, into: results[part.result], &workspace)
            }
        }
        try results.merge()
        return results
    }

    /// Each thread takes the next part until none is left.
    private func run(on pool: ComputePool<Workspace>, into results: ProblemResults) async throws(ShapeError) {
        let (problem, operands, parts, kernel) = (problem, operands, parts, kernel)
        let queue = PartQueue(count: parts.count)
        let errors = await withTaskGroup(of: ShapeError?.self) { group in
            for _ in 0..<min(threads, parts.count) {
                group.addTask {
                    await pool.run { workspace in
                        while let index = queue.next() {
                            let part = parts[index]
                            do throws(ShapeError) {
                                try part.compute(
                                    problem, operands, by: kernel, into: results[part.result], &workspace)
                            } catch {
                                return error
                            }
                        }
                        return nil
                    }
                }
            }
            return await group.reduce(into: [ShapeError]()) { errors, error in if let error { errors.append(error) } }
        }
        if let error = errors.first { throw error }
    }
}

/// Hands out parts by their index, each once.
private final class PartQueue: Sendable {
    private let taken = Atomic(0)
    private let count: Int

    init(count: Int) { self.count = count }

    func next() -> Int? {
        let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }
}
