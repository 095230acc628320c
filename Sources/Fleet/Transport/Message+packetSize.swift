extension Message {
    /// The most bytes that any MQTT packet may have (MQTT 5, section 2.1.4): 1 + 4 + 268,435,455.
    public static let maximumPacketSize = 268_435_460

    /// The size in bytes of the PUBLISH packet that carries this message (MQTT 5, section 3.3), which is what a
    /// broker's Maximum Packet Size limits.
    public var packetSize: Int {
        var properties = 0
        if let responseTopic { properties += 3 + responseTopic.utf8.count }
        if let correlationData { properties += 3 + correlationData.count }
        if let contentType { properties += 3 + contentType.utf8.count }
        if expiry != nil { properties += 5 }
        let packetIdentifier = qos == .atMostOnce ? 0 : 2
        let remaining =
            2 + topic.utf8.count + packetIdentifier + Self.variableLength(properties) + properties + payload.count
        return 1 + Self.variableLength(remaining) + remaining
    }

    /// Checks the size against MQTT's limit and the broker's.
    ///
    /// - Parameter limit: the broker's Maximum Packet Size in bytes; nil if it named none.
    /// - Throws: `TransportError` with code `.tooLarge`, naming both sizes.
    public func checkSize(limit: Int?) throws(TransportError) {
        let size = packetSize
        if let limit, size > limit {
            throw TransportError(
                .tooLarge,
                "publish to \(topic): the packet has \(size) bytes, and this broker takes \(limit) (its max_packet_size); "
                    + "raise that, or send less at once")
        }
        if size > Self.maximumPacketSize {
            throw TransportError(
                .tooLarge,
                "publish to \(topic): the packet has \(size) bytes, and MQTT allows \(Self.maximumPacketSize)")
        }
    }

    /// Bytes in MQTT's variable byte integer (section 1.5.5).
    private static func variableLength(_ value: Int) -> Int {
        switch value {
        case ..<128: 1
        case ..<16_384: 2
        case ..<2_097_152: 3
        default: 4
        }
    }
}
