import Fleet
import Testing

/// Seeded faults of the in-memory broker.
@Suite struct FaultsTests {
    /// What one subscriber sees of 400 messages, as numbers.
    private func received(_ faults: Faults, qos: QoS) async throws -> (values: [Int], counters: Faults.Counters) {
        let broker = InMemoryBroker(faults: faults)
        let receiver = try broker.connect(ClientOptions(clientID: "receiver"))
        try await receiver.subscribe([Subscription("t", qos: .atLeastOnce)])
        try await broker.withTransport(ClientOptions(clientID: "sender")) { sender in
            for value in 0..<400 {
                try await sender.publish(
                    Message(topic: "t", payload: [UInt8(value & 0xff), UInt8(value >> 8)], qos: qos))
            }
        }
        broker.releaseDelayed()
        receiver.close()
        var values: [Int] = []
        for await event in receiver.events {
            if case .message(let message) = event {
                values.append(Int(message.payload[0]) | Int(message.payload[1]) << 8)
            }
        }
        return (values, broker.faultCounters)
    }

    @Test func withoutFaultsEverythingArrivesInOrder() async throws {
        #expect(try await received(Faults(), qos: .atMostOnce).values == Array(0..<400))
    }

    @Test func theSameSeedFailsInTheSameWayAndAnotherDoesNot() async throws {
        let faults = Faults(seed: 1, loss: 0.1, duplication: 0.1, delay: 0.1)
        let first = try await received(faults, qos: .atMostOnce)
        #expect(try await received(faults, qos: .atMostOnce) == first)
        var other = faults
        other.seed = 2
        #expect(try await received(other, qos: .atMostOnce).values != first.values)
    }

    @Test func lossStrikesAtQoS0Alone() async throws {
        let faults = Faults(seed: 3, loss: 0.25, duplication: 0)
        let (values, counters) = try await received(faults, qos: .atMostOnce)
        #expect(counters.lost > 0 && values.count == 400 - counters.lost)
        #expect(try await received(faults, qos: .atLeastOnce).values == Array(0..<400))
    }

    @Test func duplicationStrikesAtQoS1Alone() async throws {
        let faults = Faults(seed: 4, duplication: 0.25)
        let (values, counters) = try await received(faults, qos: .atLeastOnce)
        #expect(counters.duplicated > 0 && values.count == 400 + counters.duplicated)
        #expect(Set(values).count == 400)
        #expect(try await received(faults, qos: .atMostOnce).values == Array(0..<400))
    }

    @Test func delaysReorderWithinTheirLengthAndLoseNothing() async throws {
        let (values, counters) = try await received(Faults(seed: 5, delay: 0.2, delayLength: 1...8), qos: .atMostOnce)
        #expect(counters.delayed > 0)
        #expect(values != Array(0..<400) && values.sorted() == Array(0..<400))
        // One held back for n deliveries is overtaken by n at most, each of which may itself overtake others.
        for (position, value) in values.enumerated() where position < 390 { #expect(abs(position - value) <= 8) }
    }

    @Test func disconnectionsAreMadeGoodAndReported() async throws {
        let broker = InMemoryBroker(faults: Faults(seed: 6, disconnection: 0.1))
        let client = try broker.connect(
            ClientOptions(clientID: "c", will: Message(topic: "will", payload: [])))
        let watcher = try broker.connect(ClientOptions(clientID: "watcher"))
        try await watcher.subscribe([Subscription("will")])
        for _ in 0..<200 { try await client.publish(Message(topic: "t", payload: [])) }
        client.close()
        watcher.close()
        var losses = 0
        for await event in client.events { if case .disconnected = event { losses += 1 } }
        var wills = 0
        for await event in watcher.events { if case .message = event { wills += 1 } }
        #expect(losses > 0 && losses == broker.faultCounters.disconnected && wills == losses)
    }
}
