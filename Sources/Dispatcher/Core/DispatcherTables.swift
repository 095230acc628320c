/// Sizes of the core's tables; all but `workers`, `setAside`, and those of what is kept, are zero when no job is under way.
public struct DispatcherTables: Sendable, Equatable {
    public var scheduler: SchedulerTables
    /// Jobs that have not ended.
    public var jobs: Int
    /// Of those, the ones that wait in the journal for memory.
    public var waiting: Int
    /// Ended jobs whose answers are kept.
    public var kept: Int
    /// Jobs and bytes in memory, answers kept there not counted.
    public var jobsInMemory: Int
    public var bytesInMemory: Int
    /// Jobs and bytes in the journal, answers kept there included.
    public var jobsInJournal: Int
    public var bytesInJournal: Int
}
