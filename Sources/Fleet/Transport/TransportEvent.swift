/// What happens on a transport.
public enum TransportEvent: Sendable, Equatable {
    /// The broker accepted a connection and all subscriptions are made. Announce yourself. Precedes every message
    /// received over that connection, so that an owner may forget here what it knew and learn it anew.
    case connected
    /// The connection is lost; the transport goes on trying. Said once per loss, however many attempts fail. A
    /// transport that never was connected says why, once for each new reason.
    case disconnected(reason: String)
    case message(Message)
}
