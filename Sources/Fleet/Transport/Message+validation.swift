extension Message {
    /// Most bytes in a text or binary property: its length is sent in two bytes.
    private static let maximumPropertyBytes = 65_535

    /// Checks everything about a message that does not depend on the broker.
    ///
    /// - Throws: `TransportError`: `.invalidTopic` for the topic or response topic, `.tooLarge` for correlation data or
    ///   a content type over 65,535 bytes, `.protocolViolation` for a content type with a forbidden character.
    public func validate() throws(TransportError) {
        try TopicName.validate(topic)
        if let responseTopic { try TopicName.validate(responseTopic) }
        if let count = correlationData?.count, count > Self.maximumPropertyBytes {
            throw TransportError(
                .tooLarge,
                "publish to \(topic): correlation data of \(count) bytes; MQTT allows \(Self.maximumPropertyBytes)")
        }
        guard let contentType else { return }
        if contentType.utf8.count > Self.maximumPropertyBytes {
            throw TransportError(
                .tooLarge,
                "publish to \(topic): content type of \(contentType.utf8.count) bytes; MQTT allows "
                    + "\(Self.maximumPropertyBytes)")
        }
        if contentType.unicodeScalars.contains(where: TopicName.isForbidden) {
            throw TransportError(
                .protocolViolation, "publish to \(topic): the content type has a character that MQTT forbids")
        }
    }

    /// Checks a will: as `validate`, and that the payload fits, since a CONNECT packet gives its length two bytes.
    ///
    /// - Throws: `TransportError` as `validate`; `.tooLarge` for a payload over 65,535 bytes.
    public func validateAsWill() throws(TransportError) {
        try validate()
        if payload.count > Self.maximumPropertyBytes {
            throw TransportError(
                .tooLarge,
                "will to \(topic): payload of \(payload.count) bytes; MQTT allows \(Self.maximumPropertyBytes)")
        }
    }
}
