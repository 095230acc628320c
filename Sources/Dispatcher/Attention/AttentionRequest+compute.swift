import AttnMath
import Codecs
import Compute
import Fleet

/// Computing in this process what is otherwise sent away.
extension AttentionRequest {
    /// Computes a shard by way of the task that a worker would get, so that there is one way to read it. On a compute thread.
    func compute(
        _ shard: Shard, number: Int = 0, of job: JobID, kernel: AttentionKernel, cancel: CancelFlag,
        _ workspace: inout Workspace
    ) -> BlockComputation.Outcome {
        let header = TaskHeader(
            op: op.rawValue, job: job, shard: number, attempt: 1, lease: LeaseToken(epoch: 0, number: 0),
            incarnation: Incarnation(0))
        do {
            return BlockComputation(try task(header, for: shard), kernel: kernel, cancel: cancel).run(&workspace)
        } catch {
            return .failed(reason: "\(error)")
        }
    }
}
