import Fleet

/// What happens in the simulated world at an instant.
enum WorldEvent {
    case arrival(Peer, connection: UInt32, Packet)
    case connect(Peer)
    /// The broker finds a connection dead.
    case keepAlivePassed(Peer, connection: UInt32)
    case brokerStart
    case dispatcherStart
    case dispatcherTimer(life: UInt64)
    case journalCommit(life: UInt64, JournalOperation)
    case workerStart(Int)
    case heartbeat(worker: Int, life: UInt64)
    case computed(worker: Int, life: UInt64, LeaseToken)
    /// A job comes to its client.
    case submission(job: Int)
    /// The client looks whether its job was accepted.
    case resend(job: Int, sending: Int)
    case clientDeadline(job: Int)
    case fault(Int)
    case faultEnd(Int)
}
