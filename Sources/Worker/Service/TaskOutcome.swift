import Codecs
import Compute
import Fleet

/// How the computation of a task of any kind has ended.
enum TaskOutcome {
    case done([TensorSource])
    case cancelled
    case failed(code: String, reason: String)

    init(_ outcome: BlockComputation.Outcome, of task: TaskMessage) {
        self =
            switch outcome {
            case .done(let partial): .done(partial.sources(for: task))
            case .cancelled: .cancelled
            case .failed(let reason): .failed(code: "compute", reason: reason)
            }
    }

    init(_ outcome: ModelComputation.Outcome) {
        self =
            switch outcome {
            case .done(let result): .done([result.source])
            case .cancelled: .cancelled
            case .failed(let code, let reason): .failed(code: code, reason: reason)
            }
    }

    /// The result message, laid out on the thread that computed, so that nothing else waits for it.
    func result(_ task: TaskHeader, _ times: TaskTimes) -> TaskResult {
        do throws(SafetensorsError) {
            switch self {
            case .done(let tensors):
                let payload = try ResultMessage.encodeDone(
                    task, queued: times.queued, compute: times.compute, tensors: tensors)
                return .message(payload, succeeded: true)
            case .failed(let code, let reason):
                return .message(
                    try ResultMessage.encodeFailed(task, code: code, reason: reason), succeeded: false)
            case .cancelled: return .none
            }
        } catch {
            return .unfit(error)
        }
    }
}

/// How long a task waited for a slot, and how long it was computed.
struct TaskTimes {
    let queued: Duration
    let compute: Duration
}

/// What a task's dispatcher is told of it.
enum TaskResult: Sendable {
    case message([UInt8], succeeded: Bool)
    /// Nothing: it was cancelled.
    case none
    case unfit(SafetensorsError)
}

/// A block that a compute thread is done with.
struct ComputedBlock: Sendable {
    let key: TaskKey
    let result: TaskResult
}
