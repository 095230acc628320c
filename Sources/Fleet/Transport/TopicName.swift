/// The rules for what a message may be published to (MQTT 5, sections 1.5.4 and 4.7).
public enum TopicName {
    /// Most UTF-8 bytes in a topic or filter: its length is sent in two bytes.
    public static let maximumBytes = 65_535

    /// Checks a topic that a message is to be published to.
    ///
    /// - Throws: `TransportError` with code `.invalidTopic` for an empty or too long topic, one with a wildcard, or
    ///   one with a character that MQTT forbids or lets a broker refuse.
    public static func validate(_ topic: String) throws(TransportError) {
        try validateText(topic, as: "topic")
        if topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
            throw TransportError(
                .invalidTopic, "topic '\(topic)': a message cannot be published to a wildcard (+ or #)")
        }
    }

    /// What topics and filters have in common.
    static func validateText(_ text: String, as noun: String) throws(TransportError) {
        guard !text.isEmpty else { throw TransportError(.invalidTopic, "\(noun): it is empty") }
        guard text.utf8.count <= maximumBytes else {
            throw TransportError(
                .invalidTopic, "\(noun): it has \(text.utf8.count) bytes, and MQTT allows \(maximumBytes)")
        }
        if let bad = text.unicodeScalars.first(where: isForbidden) {
            throw TransportError(
                .invalidTopic, "\(noun): it has the character U+\(String(bad.value, radix: 16)), which brokers refuse")
        }
    }

    /// NUL must not be sent; control and non-characters should not be, and mosquitto ends a connection over them.
    static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0xfdd0...0xfdef: true
        default: scalar.value & 0xfffe == 0xfffe
        }
    }
}
