public import Fleet

/// What the dispatcher's core tells the shell to do, in this order.
public enum DispatcherAction: Sendable, Equatable {
    // Requests. Each of the first three is answered by an event.

    /// Read and cut the request that came with this event: `prepared` or `unfit`.
    case prepare(JobID)
    /// The same with a request that the journal has.
    case load(JobID)
    /// Put the prepared job into the journal, with its waiters: `stored`.
    case store(JobTicket, [JobWaiter])
    /// Put these waiters into the journal instead of those there.
    case storeWaiters(JobID, [JobWaiter])
    /// Drop the request from memory; the journal has it.
    case unload(JobID)
    /// Drop the request: the job is not run.
    case discard(JobID)

    // Work.

    /// Send this shard's task to this worker.
    case send(Assignment)
    /// Send this worker a task whose partial is known beforehand.
    case probe(Probe)
    /// Tell this worker that the result under this lease is no longer wanted.
    case cancelTask(worker: PeerID, lease: LeaseToken)
    /// Take the partial that came with this event as the shard's.
    case keep(ShardKey)

    // Answers.

    /// Tell this waiter that its job is accepted, if it wants updates.
    case accepted(JobID, JobWaiter)
    /// Tell this waiter that its job is not, or no longer, done for it. Nothing else of the job changes.
    case refuse(JobID, JobWaiter, JobError)
    /// Lay out the final answer, and drop the job's other data.
    case conclude(JobID, JobOutcome)
    /// Put the laid-out answer into the journal: `answerStored`.
    case storeAnswer(JobID, keepUntil: Instant)
    /// Hand the answer, from memory or else from the journal, to these waiters.
    case deliver(JobID, to: [JobWaiter])
    /// Drop the laid-out answer from memory.
    case dropAnswer(JobID)
    /// Drop the job and its answer from the journal.
    case forget(JobID)

    /// Something worth telling: logs, progress, the report.
    case note(SchedulerNote)
    /// Nothing is under way any more after `drain`; what the journal has is for the next life.
    case drained
}
