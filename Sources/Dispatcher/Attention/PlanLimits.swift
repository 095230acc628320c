import Fleet

/// What a plan has to keep to.
public struct PlanLimits: Sendable {
    /// Slots of the live workers; at least 1.
    public var slots: Int
    /// Most bytes of tensors in one task or one partial, as long as cutting helps; never more than an MQTT packet holds.
    public var messageBytes: Int
    /// Most bytes of tensors in one task with the weights of additive scoring, which cutting does not make smaller.
    public var packetBytes: Int
    /// How Q, K and V travel.
    public var wire: WireFormat
    /// A shard of less work than this is not cut further for the sake of more workers: 2 MFLOP, about 0.1 ms on a
    /// small core, is what a message through a broker costs.
    public var smallestFlops: Double

    /// Most bytes of what is to be computed here, and travels only if that comes to nothing.
    package var hereBytes: Int {
        let (raised, overflow) = messageBytes.multipliedReportingOverflow(by: 16)
        return min(overflow ? .max : raised, packetBytes)
    }

    public init(
        slots: Int, messageBytes: Int = 4 << 20, packetBytes: Int = .max, wire: WireFormat = .f32,
        smallestFlops: Double = 2e6
    ) {
        self.slots = max(slots, 1)
        self.packetBytes = min(packetBytes, Message.maximumPacketSize)
        self.messageBytes = min(messageBytes, self.packetBytes)
        self.wire = wire
        self.smallestFlops = smallestFlops
    }
}
