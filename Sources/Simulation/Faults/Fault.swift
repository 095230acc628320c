/// What may go wrong. Raw values are the words of `--faults`.
public enum Fault: String, Sendable, CaseIterable, Comparable {
    // The network, for a while.
    /// QoS 0 messages are lost, as by a full queue.
    case loss
    case delay
    case duplication
    /// Messages overtake each other, which MQTT forbids within a connection: we do not count on it.
    case reordering
    /// A peer's connection is dead, and nobody knows it at first.
    case partition
    /// A peer's connection is reset.
    case cut

    // Workers.
    case crash
    /// Stopped for a while: takes nothing in, beats not, then goes on with what has piled up.
    case hang
    case slow
    /// Gives partials that are none, doubles results, makes up leases.
    case lie
    case workerDrain = "worker-drain"

    // The broker.
    /// Shut down and started: every will is published, retained messages are kept.
    case brokerStop = "broker-stop"
    /// Killed and started: no will is published, retained messages are gone.
    case brokerKill = "broker-kill"

    // The dispatcher.
    case dispatcherKill = "dispatcher-kill"
    case dispatcherDrain = "dispatcher-drain"
    case journalFull = "journal-full"

    // Clients.
    case withdraw
    /// Sends a request again, unasked; sometimes another one under the same ID.
    case repetition

    public static func < (a: Fault, b: Fault) -> Bool { a.rawValue < b.rawValue }
}
