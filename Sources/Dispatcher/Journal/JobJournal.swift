public import Fleet

/// Where durable jobs outlive their dispatcher: what was accepted, and how it ended.
///
/// When a call returns, what it was told survives a kill of the process and a loss of power. One dispatcher has a journal
/// at a time. Calls may overlap; those about one job are made one after the other.
public protocol JobJournal: Sendable {
    /// Keeps a new job and its request.
    func store(_ job: JournaledJob, request: [UInt8]) async throws(JournalError)
    /// Keeps the clients that wait for a job, instead of those kept before.
    func setWaiters(_ waiters: [JournaledWaiter], of id: JobID) async throws(JournalError)
    /// Keeps how a job ended: its final answer, and how long it is to be had. The request is dropped with the same stroke.
    func end(_ id: JobID, answer: [UInt8], keepUntil: WallTime) async throws(JournalError)
    /// Forgets an ended job; nothing happens if there is none.
    func forget(_ id: JobID) async throws(JournalError)
    /// - Throws: `JournalError`: `.damaged` if what is there is not what was stored, `.missing`.
    func request(of id: JobID) async throws(JournalError) -> [UInt8]
    /// - Throws: as `request(of:)`.
    func answer(of id: JobID) async throws(JournalError) -> [UInt8]
}

/// A durable job as its journal knows it.
public struct JournaledJob: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// Accepted and not ended: it is to be run.
        case accepted
        /// Its answer is kept until then.
        case ended(keepUntil: WallTime, answerBytes: Int)
    }

    public var id: JobID
    /// Tells two requests under one ID apart.
    public var digest: UInt64
    public var requestBytes: Int
    public var priority: Int
    public var deadline: WallTime
    public var waiters: [JournaledWaiter]
    public var state: State

    public init(
        id: JobID, digest: UInt64, requestBytes: Int, priority: Int, deadline: WallTime, waiters: [JournaledWaiter],
        state: State = .accepted
    ) {
        self.id = id
        self.digest = digest
        self.requestBytes = requestBytes
        self.priority = priority
        self.deadline = deadline
        self.waiters = waiters
        self.state = state
    }
}

/// A client that waits for a job's answer on a topic.
public struct JournaledWaiter: Sendable, Hashable {
    public var topic: String
    public var correlation: [UInt8]?
    public var wantsUpdates: Bool

    public init(topic: String, correlation: [UInt8]?, wantsUpdates: Bool) {
        self.topic = topic
        self.correlation = correlation
        self.wantsUpdates = wantsUpdates
    }
}

/// A point in time that means the same after a restart, in microseconds since 1970 (UTC).
public struct WallTime: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Held within what can be represented.
    public func advanced(by duration: Duration) -> WallTime {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration.nanoseconds / 1000)
        return WallTime(microseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time from this to the other, held within what can be represented.
    public func duration(to other: WallTime) -> Duration {
        let (difference, overflow) = other.microseconds.subtractingReportingOverflow(microseconds)
        return .microseconds(overflow ? (other < self ? .min : .max) : difference)
    }

    public static func < (a: WallTime, b: WallTime) -> Bool { a.microseconds < b.microseconds }
}

/// What a journal could not do, and what to do about it.
public struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// No room on the disk, or a quota reached: the same call may succeed later.
        case full
        /// The disk or its file system failed.
        case io
        /// What is there is not what was written.
        case damaged
        /// Written by a newer version of this software.
        case newer
        /// Another dispatcher has it.
        case locked
        /// There is no such job, or it has no such part: an ended job no request, a running one no answer.
        case missing
        /// The job is there already, or in a state that does not allow the call.
        case exists
        /// The calling task was cancelled, or the journal is being closed: nothing was written.
        case cancelled
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
