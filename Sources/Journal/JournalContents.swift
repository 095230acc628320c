public import Dispatcher

/// What a journal held when it was opened.
public struct JournalContents: Sendable, Equatable {
    /// Unfinished jobs and those with a kept answer, ordered by acceptance.
    public var jobs: [JournaledJob]
    /// The number of this life of the dispatcher, greater than that of any earlier one.
    public var epoch: UInt64
}
