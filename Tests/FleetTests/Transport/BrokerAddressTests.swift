import Fleet
import Testing

/// Broker URLs.
@Suite struct BrokerAddressTests {
    @Test(arguments: [
        ("mqtt://h", BrokerAddress(host: "h", port: 1883)),
        ("mqtts://h", BrokerAddress(host: "h", port: 8883, usesTLS: true)),
        ("MQTT://h:1/", BrokerAddress(host: "h", port: 1)),
        ("mqtt://[::1]", BrokerAddress(host: "::1", port: 1883)),
        ("mqtts://[fe80::2]:99", BrokerAddress(host: "fe80::2", port: 99, usesTLS: true)),
        ("mqtt://bob@h", BrokerAddress(host: "h", port: 1883, user: "bob")),
        ("mqtt://bob:p%40s%3As@h", BrokerAddress(host: "h", port: 1883, user: "bob", password: "p@s:s")),
        ("mqtt://bob:a:b@h:2", BrokerAddress(host: "h", port: 2, user: "bob", password: "a:b")),
        ("mqtt://bob:@h", BrokerAddress(host: "h", port: 1883, user: "bob", password: "")),
    ])
    func validURLsAreRead(_ text: String, _ address: BrokerAddress) throws {
        #expect(try BrokerAddress(parsing: text) == address)
    }

    @Test(arguments: [
        "", "h", "http://h", "mqtt://", "mqtt://:1883", "mqtt://h:", "mqtt://h:0", "mqtt://h:65536", "mqtt://h:+1",
        "mqtt://h:x", "mqtt://[::1", "mqtt://[::1]x", "mqtt://h/path", "mqtt://h?q", "mqtt://a b", "mqtt://@h",
        "mqtt://u%4@h", "mqtt://u%zz@h", "mqtt://u%ff@h", "mqtt://u:p%00q@h",
    ])
    func otherTextIsRefused(_ text: String) {
        let error = #expect(throws: TransportError.self) { try BrokerAddress(parsing: text) }
        #expect(error?.code == .invalidAddress)
    }

    @Test func thePasswordIsNeverShown() throws {
        let address = try BrokerAddress(parsing: "mqtts://bob:secret@[::1]:99")
        #expect("\(address)" == "mqtts://bob:***@[::1]:99")
        let error = #expect(throws: TransportError.self) { try BrokerAddress(parsing: "mqtt://bob:secret@h:x") }
        #expect(error?.message.contains("secret") == false)
    }
}
