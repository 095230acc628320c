import Fleet
import Testing

/// What the in-memory broker can do beyond what every transport must.
@Suite struct InMemoryBrokerTests {
    private func options(_ clientID: String) -> ClientOptions {
        ClientOptions(
            clientID: clientID, will: Message(topic: "status/\(clientID)", payload: [0], retain: true),
            farewell: Message(topic: "status/\(clientID)", payload: [1], retain: true))
    }

    /// The retained messages that a newcomer sees.
    private func retained(_ broker: InMemoryBroker) async throws -> [String: [UInt8]] {
        let client = try broker.connect(ClientOptions(clientID: "newcomer"))
        try await client.subscribe([Subscription("#")])
        client.close()
        var found: [String: [UInt8]] = [:]
        for await case .message(let message) in client.events { found[message.topic] = message.payload }
        return found
    }

    @Test func aCrashPublishesTheWillAndAClosePublishesTheFarewell() async throws {
        let broker = InMemoryBroker()
        try broker.connect(options("a")).crash()
        try broker.connect(options("b")).close()
        #expect(try await retained(broker) == ["status/a": [0], "status/b": [1]])
    }

    @Test func aCleanShutdownPublishesWillsAndAKillLosesWhatWasRetained() async throws {
        for (shutdown, expected) in [
            (InMemoryBroker.Shutdown.clean, ["status/a": [0], "x": [5]] as [String: [UInt8]]), (.killed, [:]),
        ] {
            let broker = InMemoryBroker()
            let client = try broker.connect(options("a"))
            try await client.publish(Message(topic: "x", payload: [5], retain: true))
            broker.restart(shutdown)
            #expect(try await retained(broker) == expected)
        }
    }

    @Test func aPartitionedClientKeepsQoS1AndRefusesQoS0UntilHealed() async throws {
        let broker = InMemoryBroker()
        let client = try broker.connect(ClientOptions(clientID: "a"))
        try await client.subscribe([Subscription("t")])
        broker.partition(clientID: "a")
        let error = await #expect(throws: TransportError.self) {
            try await client.publish(Message(topic: "t", payload: [1]))
        }
        #expect(error?.code == .notConnected)
        try await client.publish(Message(topic: "t", payload: [2], qos: .atLeastOnce))
        broker.heal(clientID: "a")
        client.close()
        var events: [TransportEvent] = []
        for await event in client.events { events.append(event) }
        #expect(
            events == [
                .connected, .disconnected(reason: "connection lost"), .connected,
                .message(Message(topic: "t", payload: [2])),
            ])
    }

    @Test func aStoppedBrokerConnectsItsClientsWhenStarted() async throws {
        let broker = InMemoryBroker()
        broker.stop(.clean)
        let client = try broker.connect(ClientOptions(clientID: "a"))
        broker.start()
        #expect(await client.events.next() == .connected)
    }

    @Test func aSecondClientWithOneIDThrowsTheFirstOut() async throws {
        let broker = InMemoryBroker()
        let first = try broker.connect(ClientOptions(clientID: "twin"))
        let second = try broker.connect(ClientOptions(clientID: "twin"))
        #expect(await first.events.next() == .connected)
        guard case .disconnected(let reason) = await first.events.next() else {
            Issue.record("the first is disconnected")
            return
        }
        #expect(reason.contains("twin"))
        #expect(await second.events.next() == .connected)
    }

    @Test func aPacketAboveTheLimitIsRefused() async throws {
        let broker = InMemoryBroker(maximumPacketSize: 50)
        let client = try broker.connect(ClientOptions(clientID: "a"))
        let error = await #expect(throws: TransportError.self) {
            try await client.publish(Message(topic: "t", payload: Array(repeating: 0, count: 50)))
        }
        #expect(error?.code == .tooLarge)
    }
}
