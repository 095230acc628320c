import Fleet
import Glibc
import Mosquitto
import Testing

/// Losses, and what survives them.
@Suite struct ReconnectionTests {
    @Test func aBrokerThatIsAwayForManyAttemptsIsReportedOnce() async throws {
        try await RealBroker.with { broker in
            try await withMosquitto(broker.address(), options: ClientOptions(clientID: "away")) { transport in
                try await transport.subscribe([Subscription("away/x")])
                #expect(try await transport.nextEvent() == .connected)
                broker.stop(SIGKILL)
                guard case .disconnected = try await transport.nextEvent() else {
                    Issue.record("the loss is the next event")
                    return
                }
                // Published at QoS 1 while away: kept, and sent by the next connection.
                try await transport.publish(Message(topic: "away/x", payload: [1], qos: .atLeastOnce))
                // Attempts come after 0.1, 0.2, 0.4 s: some have failed when the broker is back.
                try await Task.sleep(for: .milliseconds(400))
                try await broker.start()
                #expect(try await transport.nextEvent() == .connected)
                #expect(try await transport.nextMessage().payload == [1])
            }
        }
    }

    @Test func messagesAtQoS1SurviveLossesInOrder() async throws {
        try await RealBroker.with { broker in
            let watcher = ClientOptions(clientID: "survive-b")
            try await withMosquitto(broker.address(), options: watcher) { receiver in
                try await receiver.subscribe([Subscription("survive", qos: .atLeastOnce)])
                try await withMosquitto(broker.address(), options: ClientOptions(clientID: "survive-a")) { sender in
                    for index in 0..<300 {
                        try await sender.publish(
                            Message(topic: "survive", payload: [UInt8(index % 256)], qos: .atLeastOnce))
                        if index % 100 == 50 { sender.sever() }
                    }
                }
                // Repeats are allowed at QoS 1; gaps and reordering are not, except that a repeat goes back.
                var expected = 0
                while expected < 300 {
                    let value = Int(try await receiver.nextMessage().payload[0])
                    if value == expected % 256 { expected += 1 }
                }
            }
        }
    }

    @Test func aClientWhoseIDIsTakenIsToldSo() async throws {
        try await RealBroker.with { broker in
            let options = ClientOptions(clientID: "twin")
            try await withMosquitto(broker.address(), options: options) { first in
                #expect(try await first.nextEvent() == .connected)
                try await withMosquitto(broker.address(), options: options) { second in
                    #expect(try await second.nextEvent() == .connected)
                    guard case .disconnected(let reason) = try await first.nextEvent() else {
                        Issue.record("the first is thrown out")
                        return
                    }
                    #expect(reason.contains("another client connected"), "\(reason)")
                    #expect(reason.contains("'twin'"), "\(reason)")
                }
            }
        }
    }

    @Test func aThousandMessagesArriveInOrder() async throws {
        try await RealBroker.with { broker in
            try await withMosquitto(broker.address(), options: ClientOptions(clientID: "many")) { transport in
                try await transport.subscribe([Subscription("many")])
                for index in 0..<1000 {
                    try await transport.publish(
                        Message(topic: "many", payload: [UInt8(index & 0xff), UInt8(index >> 8)]))
                }
                for index in 0..<1000 {
                    let payload = try await transport.nextMessage().payload
                    #expect(Int(payload[0]) | Int(payload[1]) << 8 == index)
                }
            }
        }
    }

    @Test func closingInACancelledTaskStillSaysFarewell() async throws {
        try await RealBroker.with { broker in
            try await withMosquitto(broker.address(), options: ClientOptions(clientID: "cancel-b")) { watcher in
                try await watcher.subscribe([Subscription("cancel/#", qos: .atLeastOnce)])
                let options = ClientOptions(
                    clientID: "cancel-a", will: Message(topic: "cancel/will", payload: []),
                    farewell: Message(topic: "cancel/farewell", payload: [], qos: .atLeastOnce))
                let task = Task {
                    try await withMosquitto(broker.address(), options: options) { transport in
                        try await transport.publish(Message(topic: "cancel/open", payload: []))
                        try await Task.sleep(for: .seconds(60))
                    }
                }
                #expect(try await watcher.nextMessage().topic == "cancel/open")
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(try await watcher.nextMessage().topic == "cancel/farewell")
            }
        }
    }
}
