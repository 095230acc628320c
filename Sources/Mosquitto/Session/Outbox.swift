internal import Fleet

/// The messages handed over and not yet settled.
///
/// Settled means written to the network at QoS 0, and acknowledged by the broker at QoS 1. Those at QoS 1 are kept
/// across connections: each starts a clean session, in which they are new messages.
struct Outbox {
    struct Entry {
        let ticket: UInt64
        let bytes: Int
        /// To be sent again if the connection is lost; nil at QoS 0.
        let message: Message?
    }

    private var entries: [UInt64: Entry] = [:]
    /// By packet identifier. Several only if identifiers wrapped around past one that the broker never settled.
    private var inFlight: [Int32: [UInt64]] = [:]
    private var nextTicket: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }

    /// - Parameter packet: nil while there is no connection to send it by.
    mutating func add(_ message: Message, bytes: Int, packet: Int32?) {
        let kept = message.qos == .atMostOnce ? nil : message
        entries[nextTicket] = Entry(ticket: nextTicket, bytes: bytes, message: kept)
        if let packet { inFlight[packet, default: []].append(nextTicket) }
        nextTicket += 1
    }

    mutating func resent(_ entry: Entry, packet: Int32) { inFlight[packet, default: []].append(entry.ticket) }

    mutating func remove(_ entry: Entry) { entries[entry.ticket] = nil }

    /// - Returns: the message's size; nil for a packet that is not known.
    mutating func settle(_ packet: Int32) -> Int? {
        guard var tickets = inFlight[packet], !tickets.isEmpty else { return nil }
        let ticket = tickets.removeFirst()
        inFlight[packet] = tickets.isEmpty ? nil : tickets
        return entries.removeValue(forKey: ticket)?.bytes
    }

    /// Forgets the messages at QoS 0, which are lost with the connection.
    ///
    /// - Returns: their sizes.
    mutating func connectionLost() -> [Int] {
        inFlight = [:]
        let lost = entries.values.filter { $0.message == nil }
        for entry in lost { entries[entry.ticket] = nil }
        return lost.map(\.bytes)
    }

    /// What a new connection has to send, in the order it was handed over.
    func unsent() -> [Entry] {
        entries.values.filter { $0.message != nil }.sorted { $0.ticket < $1.ticket }
    }
}
