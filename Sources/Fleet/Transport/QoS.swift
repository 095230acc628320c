/// How hard MQTT tries to deliver a message (MQTT 5, section 4.3). QoS 2 is not used.
public enum QoS: UInt8, Sendable {
    /// Sent once; lost with the connection.
    case atMostOnce = 0
    /// Sent until the next hop acknowledged it; may arrive twice. Says nothing about being processed.
    case atLeastOnce = 1
}
