public import Fleet

/// What the shell tells the dispatcher's core.
public enum DispatcherEvent: Sendable {
    /// A request came. `DispatcherAction.prepare` asks for it to be read, unless it is refused, joined or answered.
    case requested(JobTicket, JobWaiter)
    /// The answer to `prepare` and `load`: the request was read and cut.
    case prepared(JobID, PreparedJob)
    /// The answer to `prepare` and `load`: the request cannot be run, or not be had from the journal.
    case unfit(JobID, JobError)
    /// The answer to `store`: the journal has the job, or why not.
    case stored(JobID, JobError?)
    /// The answer to `storeAnswer`: the journal has the answer, or not: then it is asked again later.
    case answerStored(JobID, isKept: Bool)
    /// The client of that route no longer wants the answer.
    case withdrawn(JobID, JobWaiter.Route)
    /// The client of that route has its answer.
    case released(JobID, JobWaiter.Route)
    /// Something of the fleet, for the scheduler.
    case fleet(SchedulerEvent)
    /// Take no more jobs and finish those under way; `drained` follows.
    case drain
    /// Time has passed: at or after `DispatcherCore.nextTimer`. Also the first event of a life, which loads what the
    /// journal has.
    case tick
}
