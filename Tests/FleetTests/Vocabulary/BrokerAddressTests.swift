// Broker addresses as users write them: what is taken, what is refused, and that no password is ever shown.

import Fleet
import Testing

@Suite("Broker addresses") struct BrokerAddressTests {
    struct Good: CustomTestStringConvertible {
        let text: String
        let address: BrokerAddress
        var testDescription: String { text }

        init(
            _ text: String, _ host: String, _ port: UInt16, tls: Bool = false, user: String? = nil,
            password: String? = nil
        ) {
            self.text = text
            address = BrokerAddress(host: host, port: port, usesTLS: tls, user: user, password: password)
        }
    }

    @Test(
        "An address names a host, and may name a port, a user and a password",
        arguments: [
            Good("mqtt://localhost", "localhost", 1883),
            Good("mqtts://localhost", "localhost", 8883, tls: true),
            Good("MQTT://broker.lan:1884/", "broker.lan", 1884),
            Good("mqtt://10.0.0.7:65535", "10.0.0.7", 65535),
            Good("mqtt://[::1]", "::1", 1883),
            Good("mqtts://[fe80::1]:1", "fe80::1", 1, tls: true),
            Good("mqtt://me@host", "host", 1883, user: "me"),
            Good("mqtt://me:@host", "host", 1883, user: "me", password: ""),
            Good("mqtt://me:secret@host:9", "host", 9, user: "me", password: "secret"),
            Good("mqtt://me:a:b@c@host", "host", 1883, user: "me", password: "a:b@c"),
            Good("mqtt://m%40e:%C3%A9%2f@host", "host", 1883, user: "m@e", password: "é/"),
        ])
    func good(good: Good) throws {
        #expect(try BrokerAddress(parsing: good.text) == good.address)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "localhost", "http://host", "mqtt:/host", "mqtt:host", "mqtt://", "mqtts:///", "mqtt://:1883",
            "mqtt://host:", "mqtt://host:0", "mqtt://host:65536", "mqtt://host:+1", "mqtt://host:1a",
            "mqtt://a:1:2", "mqtt://[::1", "mqtt://[]", "mqtt://[::1]x", "mqtt://host/path", "mqtt://host?x=1",
            "mqtt://host#f", "mqtt://ho st", "mqtt://[[host]", "mqtt://a]b", "mqtt://@host", "mqtt://:secret@host",
            "mqtt://%zz:secret@host", "mqtt://me:secret%@host", "mqtt://me:secret%f@host", "mqtt://me:secret%ff@host",
            "mqtt://me:secret%00@host", "mqtt://me:secret@", "mqtt://me:secret@host:99999",
            "mqtt://me:secret@host/secret",
        ])
    func bad(text: String) {
        do {
            let address = try BrokerAddress(parsing: text)
            Issue.record("\(text) was read as \(address)")
        } catch {
            #expect(error.code == .invalidAddress)
            #expect(!error.description.contains("secret"), "the error shows the password")
        }
    }

    @Test("No text made of an address shows its password")
    func description() throws {
        let address = try BrokerAddress(parsing: "mqtt://me:secret@host")
        #expect(address.description == "mqtt://me:***@host:1883")
        let wrapped: BrokerAddress? = address
        for text in ["\(address)", String(reflecting: address), String(reflecting: wrapped), "\([address])"] {
            #expect(!text.contains("secret"))
        }
    }

    @Test("Without a password the description is an address again", arguments: ["host", "::1", "10.0.0.7"])
    func roundTrip(host: String) throws {
        for usesTLS in [false, true] {
            let address = BrokerAddress(host: host, port: 77, usesTLS: usesTLS, user: "me")
            #expect(try BrokerAddress(parsing: address.description) == address)
        }
    }

    @Test("Any text is read or refused, never trapped on")
    func anyText() {
        var generator = SeededGenerator(seed: 3)
        let pieces = ["mqtt://", "mqtts://", "@", ":", "%", "%41", "[", "]", "/", "::1", "host", "é", "\0", "18", ""]
        for _ in 0..<4000 {
            let text = (0..<6).map { _ in pieces[Int.random(in: pieces.indices, using: &generator)] }.joined()
            guard let address = try? BrokerAddress(parsing: text) else { continue }
            #expect(!address.host.isEmpty && address.port > 0)
        }
    }
}
