public import Dispatcher
import Fleet

/// A fleet without faults, and what is asked of it: for `Simulation.scale`. The same settings give the same run, to the event.
///
/// Bandwidths are bytes a second. Defaults are measured; see `docs/scaling.md`.
public struct ScaleSettings: Sendable {
    /// How jobs come.
    public enum Arrivals: Sendable, Equatable {
        /// So many are under way at a time.
        case pipelined(Int)
        /// So many come a second, at random instants.
        case rate(Double)
    }

    public var seed: UInt64
    public var workers = 10
    /// Of the workers, in turn.
    public var kinds = [ScaleWorker()]
    public var problem: AttentionProblem
    /// How Q, K and V travel to the workers.
    public var wire = WireFormat.f32
    /// Most bytes of tensors in one message.
    public var messageBytes = 4 << 20
    public var jobs = 200
    public var arrivals = Arrivals.pipelined(64)
    /// Clients are dispatchers themselves: requests and answers do not cross the broker.
    public var isDirect = false
    public var broker = ScaleStation(bytesPerSecond: 400e6, messageSeconds: 18e-6)
    /// The dispatcher's processor: laying out tasks, reading results, one at a time.
    public var dispatcher = ScaleStation(bytesPerSecond: 1.4e9, messageSeconds: 140e-6)
    /// What a heartbeat costs it, instead of what a message does.
    public var heartbeatSeconds = 15e-6
    /// The dispatcher's way to the broker, each way.
    public var dispatcherLink = ScaleStation(bytesPerSecond: 1.25e9, messageSeconds: 0)
    /// From one end of a link to the other, and within the broker: what a message takes besides the time for its bytes.
    public var latency: Duration = .microseconds(50)
    /// Processor time of the dispatcher for planning one job, for each worker that is chosen from.
    public var planningSecondsPerWorker = 1.2e-6
    public var heartbeat: Duration = .seconds(5)
    public var admission = AdmissionSettings()
    public var scheduler = SchedulerSettings()

    public init(seed: UInt64, problem: AttentionProblem) {
        self.seed = seed
        self.problem = problem
    }
}

/// A simulated worker.
public struct ScaleWorker: Sendable, Equatable {
    public var slots = 1
    public var prefetch = 1
    /// Floating-point operations a second of one slot.
    public var speed = 1e9
    /// To the broker, each way.
    public var bytesPerSecond = 12.5e6
    /// From the broker to the worker and back.
    public var roundTrip: Duration = .milliseconds(1)
    /// Most bytes of keys and values that it keeps for its later tasks.
    public var contextBytes = 256 << 20

    public init() {}
}

/// A place that messages pass one after the other.
public struct ScaleStation: Sendable, Equatable {
    public var bytesPerSecond: Double
    /// For any message, however small.
    public var messageSeconds: Double

    public init(bytesPerSecond: Double, messageSeconds: Double) {
        self.bytesPerSecond = bytesPerSecond
        self.messageSeconds = messageSeconds
    }

    func seconds(_ bytes: Int) -> Double { messageSeconds + Double(bytes) / bytesPerSecond }
}
