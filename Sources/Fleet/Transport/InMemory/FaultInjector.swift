/// Draws the faults of an `InMemoryBroker` and keeps delayed deliveries until their turn.
struct FaultInjector {
    /// A message on its way to one subscriber, named by its key.
    typealias Delivery = (client: Int, message: Message)

    private let faults: Faults
    private var random: SeededGenerator
    private var delayed: [(remaining: Int, delivery: Delivery)] = []
    private(set) var counters = Faults.Counters()

    init(_ faults: Faults) {
        self.faults = faults
        random = SeededGenerator(seed: faults.seed)
    }

    /// What reaches subscribers when `delivery` is made: nothing, it, or it twice; then earlier ones now due.
    mutating func pass(_ delivery: Delivery) -> [Delivery] {
        var arriving: [Delivery] = []
        if delivery.message.qos == .atMostOnce, strikes(faults.loss) {
            counters.lost += 1
        } else if strikes(faults.delay) {
            counters.delayed += 1
            // One more, since this delivery's own turn counts the queue down below.
            delayed.append((Int.random(in: faults.delayLength, using: &random) + 1, delivery))
        } else {
            arriving.append(delivery)
            if delivery.message.qos == .atLeastOnce, strikes(faults.duplication) {
                counters.duplicated += 1
                arriving.append(delivery)
            }
        }
        for index in delayed.indices { delayed[index].remaining -= 1 }
        arriving += delayed.filter { $0.remaining <= 0 }.map(\.delivery)
        delayed.removeAll { $0.remaining <= 0 }
        return arriving
    }

    /// Whether a publisher loses its connection after this publish.
    mutating func disconnectsPublisher() -> Bool {
        guard strikes(faults.disconnection) else { return false }
        counters.disconnected += 1
        return true
    }

    /// Everything still held back, in the order it was sent.
    mutating func releaseDelayed() -> [Delivery] {
        defer { delayed = [] }
        return delayed.map(\.delivery)
    }

    /// Draws only where a fault is possible, so that turning one fault off does not shift the others' sequence more
    /// than it must.
    private mutating func strikes(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}
