public import AttnMath

/// Measures problems, one after the other, with one kernel.
///
/// The operands of the last problem stay in memory: to measure it again, as a script does that compares with something
/// else in turn, costs no new numbers.
public final class KernelBench {
    private let kernel: AttentionKernel
    private var runner: ProblemRunner?

    public init(_ kernel: AttentionKernel) { self.kernel = kernel }

    /// Throws `ShapeError` for a problem that the kernel refuses.
    public func measure(_ request: KernelRequest) async throws -> KernelMeasurement {
        let runner = try runner(for: request)
        let samples = try await Samples.measure(request.runs) { () async throws(ShapeError) in
            try await runner.run()
        }
        return KernelMeasurement(request, variant: kernel.variant, samples: samples)
    }

    private func runner(for request: KernelRequest) throws -> ProblemRunner {
        if let runner, runner.problem == request.problem, runner.threads == request.threads { return runner }
        runner = nil
        let new = try ProblemRunner(request.problem, threads: request.threads, kernel: kernel)
        runner = new
        return new
    }
}
