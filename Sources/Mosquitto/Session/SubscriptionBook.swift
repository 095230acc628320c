internal import Fleet

/// What the client is subscribed to, and what it asked the broker and waits to hear.
struct SubscriptionBook {
    struct Refusal: Equatable, Sendable {
        let filter: String
        let reason: UInt8
    }

    /// One call of subscribe or unsubscribe, which takes a packet or more.
    struct Request {
        var packets: [Int32: [String]] = [:]
        var refused: [Refusal] = []
        let filters: [String]
        let deadline: ContinuousClock.Instant
    }

    /// The request in which a new connection subscribes to everything remembered.
    static let renewal: UInt64 = 0
    /// Filters in one packet: keeps it small, whatever the broker's limit.
    private static let filtersPerPacket = 32

    private(set) var remembered: [Subscription] = []
    private var requests: [UInt64: Request] = [:]

    /// A later subscription to the same filter replaces the earlier one.
    mutating func remember(_ subscriptions: [Subscription]) {
        forget(subscriptions.map(\.filter))
        remembered += subscriptions
    }

    mutating func forget(_ filters: [String]) { remembered.removeAll { filters.contains($0.filter) } }

    /// Cuts subscriptions into packets, each with filters of one QoS.
    static func packets(_ subscriptions: [Subscription]) -> [(filters: [String], qos: QoS)] {
        var packets: [(filters: [String], qos: QoS)] = []
        for qos in [QoS.atMostOnce, .atLeastOnce] {
            for filters in batches(subscriptions.filter { $0.qos == qos }.map(\.filter)) {
                packets.append((filters, qos))
            }
        }
        return packets
    }

    static func batches(_ filters: [String]) -> [[String]] {
        stride(from: 0, to: filters.count, by: filtersPerPacket).map {
            Array(filters[$0..<min($0 + filtersPerPacket, filters.count)])
        }
    }

    mutating func begin(_ id: UInt64, filters: [String], deadline: ContinuousClock.Instant) {
        requests[id] = Request(filters: filters, deadline: deadline)
    }

    mutating func asked(_ id: UInt64, packet: Int32, filters: [String]) { requests[id]?.packets[packet] = filters }

    func isWaiting(for id: UInt64) -> Bool { requests[id] != nil }

    /// Notes the broker's answer. A reason of 128 or more is a refusal; an UNSUBACK comes without reasons.
    ///
    /// - Returns: the request, if this was the last packet it waited for. What was refused is forgotten.
    mutating func answered(_ packet: Int32, _ reasons: [UInt8]) -> (id: UInt64, refused: [Refusal])? {
        guard let id = requests.first(where: { $0.value.packets[packet] != nil })?.key,
            var request = requests[id], let filters = request.packets.removeValue(forKey: packet)
        else { return nil }
        request.refused += zip(filters, reasons).filter { $1 >= 128 }.map { Refusal(filter: $0, reason: $1) }
        requests[id] = request
        guard request.packets.isEmpty else { return nil }
        requests[id] = nil
        return (id, request.refused)
    }

    /// Ends a request that will not be answered.
    ///
    /// - Returns: its filters.
    @discardableResult
    mutating func abandon(_ id: UInt64) -> [String] { requests.removeValue(forKey: id)?.filters ?? [] }

    /// The requests of callers that have waited too long. A renewal has the handshake's bound instead.
    func overdue(at now: ContinuousClock.Instant) -> [UInt64] {
        requests.filter { $0.key != Self.renewal && $0.value.deadline <= now }.map(\.key)
    }

    /// - Returns: the callers whose requests the lost connection took along. The next one makes them good.
    mutating func connectionLost() -> [UInt64] {
        defer { requests = [:] }
        return requests.keys.filter { $0 != Self.renewal }
    }
}
