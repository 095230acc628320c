/// A topic filter and the QoS asked for it.
public struct Subscription: Sendable, Equatable {
    public var filter: String
    public var qos: QoS

    public init(_ filter: String, qos: QoS = .atMostOnce) {
        self.filter = filter
        self.qos = qos
    }
}
