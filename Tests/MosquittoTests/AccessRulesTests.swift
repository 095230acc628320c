import Fleet
import Foundation
import Mosquitto
import Testing

/// What the broker's access rules refuse after it accepted the connection.
@Suite struct AccessRulesTests {
    /// mosquitto's access files do not check SUBSCRIBE, but they do check what is published at QoS 1.
    @Test func aPublishThatTheBrokerRefusesIsCounted() async throws {
        let rules = { (directory: URL) in
            try "topic read #\ntopic write allowed/#\n"
                .write(to: directory.appendingPathComponent("acl"), atomically: true, encoding: .utf8)
        }
        try await RealBroker.with("allow_anonymous true\nacl_file DIR/acl", prepare: rules) { broker in
            try await withMosquitto(broker.address(), options: ClientOptions(clientID: "c")) { transport in
                try await transport.publish(Message(topic: "allowed/x", payload: [], qos: .atLeastOnce))
                try await transport.publish(Message(topic: "denied/x", payload: [], qos: .atLeastOnce))
                try await eventually("both are acknowledged") { transport.backlog.messages == 0 }
                #expect(transport.refusedPublishes == 1)
            }
        }
    }
}
