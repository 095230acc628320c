public import Dispatcher
import Fleet

/// What a simulated fleet is made of. The same settings give the same run, to the event.
public struct SimulationSettings: Sendable {
    public var seed: UInt64
    public var workers = 8
    public var jobs = 40
    public var clients = 4
    /// How long jobs come and faults happen; then the fleet is left alone until all jobs have ended.
    public var duration: Duration = .seconds(120)
    public var faults: Set<Fault> = Set(Fault.allCases)
    public var admission = AdmissionSettings()
    public var scheduler = SchedulerSettings()
    /// Which of the drawn faults happen, and which jobs come, by their number; nil: all. For what fails once to fail with
    /// less.
    public var keptFaults: [Int]?
    public var keptJobs: [Int]?
    /// Tables smaller than this are looked through whole after every event, larger ones now and then.
    public var smallTables = 100

    public init(seed: UInt64) { self.seed = seed }
}
