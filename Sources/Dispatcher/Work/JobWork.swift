import Codecs
import Compute
import Fleet

/// What a job's shards are, and what their results make: attention that is cut and merged, or a model in steps.
///
/// Shards are those of the scheduler: numbered from 0, stage after stage. A shard's task is laid out only once the results of
/// all earlier stages were taken.
protocol JobWork: Sendable {
    var shardCount: Int { get }
    var shardsPerStage: Int { get }
    /// Floating-point operations of the largest shard, about.
    var shardFlops: Double { get }
    /// Of that one, by itself.
    func flops(of shard: Int) -> Double
    /// For which workers the plan made the shards, and how long they wait for them.
    var reservations: Reservations { get }
    /// Of all its tasks and results, as far as a plan knows them.
    var messageBytes: Int { get }
    /// How long the longest way of a task to its worker is predicted to be.
    var transit: Duration { get }
    /// Bytes that a worker may have to fetch first.
    var residentBytes: Int { get }
    /// Of each shard of a stage, what its worker has to hold: see `JobSubmission`. Empty: nothing, or all the same.
    var residencyKeys: [UInt64] { get }
    /// Tells operators apart, 0 to 15.
    var shapeKind: Int { get }
    /// Of the outputs as they are put together.
    var outputBytes: Int { get }

    /// Names the keys and values of a shard that others share with it; nil: none do.
    mutating func contextDigest(of shard: Int) throws(SafetensorsError) -> BlobDigest?

    /// - Parameter context: names the shard's keys and values, and tells whether the worker has them.
    func encodeTask(_ header: TaskHeader, shard: Int, context: TaskContext?) throws(SafetensorsError) -> [UInt8]

    /// Lays the task out for a thread of this process, on that thread.
    func localTask(_ header: TaskHeader, shard: Int) -> LocalTask

    /// Takes a shard's output out of a result.
    /// - Throws: `InvalidPartial` unless it is what the shard calls for, and finite if finite inputs make it so.
    mutating func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput

    /// Puts a shard's output, which was validated, where it belongs. Each shard's once.
    mutating func take(_ output: ShardOutput, shard: Int)

    /// How the job was cut, for the report.
    var plan: JSON.Object { get }
    /// Which piece a shard is, for the report.
    func place(of shard: Int) -> JSON.Object

    /// The outputs; complete once every shard was taken.
    mutating func outputs() -> [TensorSource]
}

extension JobWork {
    func flops(of shard: Int) -> Double { shardFlops }

    var reservations: Reservations { Reservations() }

    var messageBytes: Int { 0 }

    var transit: Duration { .zero }

    func contextDigest(of shard: Int) -> BlobDigest? { nil }

    func localTask(_ header: TaskHeader, shard: Int) -> LocalTask {
        { throw MessageError(.unsupported, "\(header.op) is not computed at the dispatcher") }
    }
}

/// Makes a task that goes nowhere.
typealias LocalTask = @Sendable () throws -> TaskMessage

/// Keys and values that several tasks share.
package struct TaskContext: Sendable {
    var digest: BlobDigest
    /// The worker has them from an earlier task.
    var isKept: Bool
}

/// What one shard gave.
enum ShardOutput: Sendable {
    case partial(Partial)
    /// Rows of numbers.
    case rows([Float])
}
