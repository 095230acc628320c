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

struct ScheduledEvent: Comparable {
    let at: Instant
    /// Order of scheduling, so that equal instants have a fixed order.
    let sequence: UInt64
    let event: WorldEvent

    static func < (a: ScheduledEvent, b: ScheduledEvent) -> Bool {
        a.at != b.at ? a.at < b.at : a.sequence < b.sequence
    }

    static func == (a: ScheduledEvent, b: ScheduledEvent) -> Bool { a.sequence == b.sequence }
}
