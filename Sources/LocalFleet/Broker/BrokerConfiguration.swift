/// What mosquitto is told to be: a broker for one fleet on one machine, that keeps nothing when it ends.
public struct BrokerConfiguration: Sendable {
    public var host: String
    public var port: UInt16
    /// Whether clients need no user name.
    public var allowsAnonymous: Bool
    /// The user it keeps running as when it is started by root. Mosquitto would change to another user by itself, and
    /// the kernel then forgets that it is to die with its parent.
    public var user: String?
    /// More lines of mosquitto.conf(5), such as a password file or certificates.
    public var additions: [String]

    public init(
        host: String = "127.0.0.1", port: UInt16, allowsAnonymous: Bool = true, user: String? = nil,
        additions: [String] = []
    ) {
        self.host = host
        self.port = port
        self.allowsAnonymous = allowsAnonymous
        self.user = user
        self.additions = additions
    }

    /// The largest packet, in bytes: all that MQTT can say, 256 MiB. Tensors are large, and this broker is ours.
    static let largestPacket = 268_435_455

    /// The text of mosquitto.conf(5).
    public var text: String {
        var lines = [
            "per_listener_settings false",
            "listener \(port) \(host)",
            "allow_anonymous \(allowsAnonymous)",
            "persistence false",
            // Nagle's algorithm costs 88 ms in a QoS 1 round trip.
            "set_tcp_nodelay true",
            // What is more than this behind is dropped at QoS 0 without a word; the default is 1000.
            "max_queued_messages 65536",
            "max_packet_size \(Self.largestPacket)",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
        ]
        if let user { lines.append("user \(user)") }
        return (lines + additions).joined(separator: "\n") + "\n"
    }
}
