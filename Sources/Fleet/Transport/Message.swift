/// One MQTT application message with the MQTT 5 properties that AttnFleet uses.
public struct Message: Sendable, Equatable {
    public var topic: String
    public var payload: [UInt8]
    public var qos: QoS
    /// On publish: the broker keeps it for later subscribers. On receipt: it was kept from before.
    public var retain: Bool
    /// Where the answer to a request goes.
    public var responseTopic: String?
    /// Opaque to everyone but the requester, who gets it back unchanged.
    public var correlationData: [UInt8]?
    /// A media type such as `application/json`.
    public var contentType: String?
    /// Seconds after which the broker drops the message undelivered.
    public var expiry: UInt32?

    public init(
        topic: String, payload: [UInt8], qos: QoS = .atMostOnce, retain: Bool = false,
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, contentType: String? = nil,
        expiry: UInt32? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.contentType = contentType
        self.expiry = expiry
    }
}
