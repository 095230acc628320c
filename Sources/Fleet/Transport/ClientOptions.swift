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
    /// Most payload bytes handed over but not yet written to the network; `publish` waits above it.
    public var window: Int

    public init(
        clientID: String, will: Message? = nil, farewell: Message? = nil, mailbox: Mailbox.Limits = .init(),
        window: Int = 64 << 20
    ) {
        self.clientID = clientID
        self.will = will
        self.farewell = farewell
        self.mailbox = mailbox
        self.window = window
    }
}
