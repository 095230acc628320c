/// What a client connects with, whatever the transport.
public struct ClientOptions: Sendable {
    /// The MQTT client identifier; unique at the broker, or the older client is thrown out.
    public var clientID: String
    /// Published by the broker when this client's connection is lost without a clean disconnect.
    public var will: Message?
    /// Published as the last message of a clean close, since a clean disconnect discards the will.
    public var farewell: Message?
    /// Bounds of the queue of received messages.
    public var mailbox: Mailbox.Limits
    /// Most bytes handed over but not yet written to the network (QoS 0) or acknowledged (QoS 1); `publish` waits
    /// above it. One message is always taken, however large.
    public var window: Int
    /// Seconds without traffic after which the connection is probed; a dead one is noticed within twice that.
    /// At least 5, or 0 for never. One message must be sendable in this time.
    public var keepAlive: UInt16

    public init(
        clientID: String, will: Message? = nil, farewell: Message? = nil, mailbox: Mailbox.Limits = .init(),
        window: Int = 64 << 20, keepAlive: UInt16 = 30
    ) {
        self.clientID = clientID
        self.will = will
        self.farewell = farewell
        self.mailbox = mailbox
        self.window = window
        self.keepAlive = keepAlive
    }
}
