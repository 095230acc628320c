/// What goes wrong in an `InMemoryBroker`, and how often. Probabilities are 0 to 1.
///
/// Faults are drawn from one seeded generator in the order of the calls made to the broker: the same calls with the
/// same seed fail in the same way.
public struct Faults: Sendable {
    public var seed: UInt64
    /// That a delivery at QoS 0 to one subscriber is lost.
    public var loss: Double
    /// That a delivery at QoS 1 to one subscriber is made twice.
    public var duplication: Double
    /// That a delivery to one subscriber is held back, and so overtaken by later ones.
    public var delay: Double
    /// For how many later deliveries (to anyone) a delayed one is held back.
    public var delayLength: ClosedRange<Int>
    /// That the publisher's connection is lost right after a publish.
    public var disconnection: Double

    public init(
        seed: UInt64 = 0, loss: Double = 0, duplication: Double = 0, delay: Double = 0,
        delayLength: ClosedRange<Int> = 1...16, disconnection: Double = 0
    ) {
        self.seed = seed
        self.loss = loss
        self.duplication = duplication
        self.delay = delay
        self.delayLength = delayLength
        self.disconnection = disconnection
    }

    /// How often each fault struck.
    public struct Counters: Sendable, Equatable {
        public var lost = 0
        public var duplicated = 0
        public var delayed = 0
        public var disconnected = 0
    }
}
