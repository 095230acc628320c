import Fleet
import Testing

/// What a message may be, and how large its packet is.
@Suite struct MessageTests {
    /// Sizes counted by hand from MQTT 5, section 3.3.
    @Test(arguments: [
        // 1 type + 1 length + 2 topic length + 1 topic + 1 property length.
        (Message(topic: "t", payload: []), 6),
        (Message(topic: "t", payload: [1, 2, 3]), 9),
        // 2 more for the packet identifier.
        (Message(topic: "t", payload: [], qos: .atLeastOnce), 8),
        (Message(topic: "ä", payload: []), 7),
        // 3 + 1 response topic, 3 + 2 correlation data, 3 + 4 content type, 5 expiry.
        (Message(topic: "t", payload: [], responseTopic: "r"), 10),
        (Message(topic: "t", payload: [], correlationData: [1, 2]), 11),
        (Message(topic: "t", payload: [], contentType: "text"), 13),
        (Message(topic: "t", payload: [], expiry: 1), 11),
    ])
    func packetSizeIsThatOfTheStandard(_ message: Message, _ size: Int) { #expect(message.packetSize == size) }

    /// The remaining length is 4 bytes more than the payload, and takes a byte more above each power of 128.
    @Test(arguments: [
        (123, 129), (124, 131), (16_379, 16_386), (16_380, 16_388), (2_097_147, 2_097_155), (2_097_148, 2_097_157),
    ])
    func packetSizeCountsTheBytesOfItsLength(_ payload: Int, _ size: Int) {
        #expect(Message(topic: "t", payload: Array(repeating: 0, count: payload)).packetSize == size)
    }

    @Test func sizesAboveTheBrokersLimitAreNamed() {
        let message = Message(topic: "t", payload: Array(repeating: 0, count: 100))
        #expect(throws: Never.self) { try message.checkSize(limit: message.packetSize) }
        let error = #expect(throws: TransportError.self) { try message.checkSize(limit: 105) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("106 bytes") == true && error?.message.contains("takes 105") == true)
    }

    @Test func propertiesThatMQTTCannotCarryAreRefused() {
        func code(_ message: Message) -> TransportError.Code? {
            do throws(TransportError) { try message.validate() } catch { return error.code }
            return nil
        }
        let long = String(repeating: "x", count: 65_536)
        #expect(code(Message(topic: "t", payload: [])) == nil)
        #expect(code(Message(topic: "t/+", payload: [])) == .invalidTopic)
        #expect(code(Message(topic: "t", payload: [], responseTopic: "#")) == .invalidTopic)
        #expect(code(Message(topic: "t", payload: [], responseTopic: long)) == .invalidTopic)
        #expect(code(Message(topic: "t", payload: [], contentType: long)) == .tooLarge)
        #expect(code(Message(topic: "t", payload: [], contentType: "a\u{0}b")) == .protocolViolation)
        let bytes = Array(repeating: UInt8(0), count: 65_536)
        #expect(code(Message(topic: "t", payload: [], correlationData: bytes)) == .tooLarge)
        #expect(code(Message(topic: "t", payload: [], correlationData: Array(bytes.dropLast()))) == nil)
        #expect(throws: TransportError.self) { try Message(topic: "t", payload: bytes).validateAsWill() }
    }
}
