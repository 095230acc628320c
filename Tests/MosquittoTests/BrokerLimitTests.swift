import Fleet
import Glibc
import Mosquitto
import Synchronization
import Testing

/// What bounds a client: the broker's limits and its own window.
@Suite struct BrokerLimitTests {
    @Test func aPacketAboveTheBrokersLimitIsRefusedBeforeItIsSent() async throws {
        try await RealBroker.with("allow_anonymous true\nmax_packet_size 10000") { broker in
            try await withMosquitto(broker.address(), options: ClientOptions(clientID: "large")) { transport in
                #expect(transport.maximumPacketSize == 10_000)
                try await transport.subscribe([Subscription("x")])
                var message = Message(topic: "x", payload: Array(repeating: 0, count: 10_000), contentType: "a/b")
                let error = await #expect(throws: TransportError.self) { try await transport.publish(message) }
                #expect(error?.code == .tooLarge)
                #expect(error?.message.contains("\(message.packetSize) bytes") == true)
                #expect(error?.message.contains("10000") == true)

                // The largest that fits arrives, so the computed size is the real one or above it.
                message.payload.removeLast(message.packetSize - 10_000)
                #expect(message.packetSize == 10_000)
                try await transport.publish(message)
                #expect(try await transport.nextMessage() == message)
            }
        }
    }

    @Test func aPublisherWaitsWhileItsWindowIsFull() async throws {
        try await RealBroker.with { broker in
            let options = ClientOptions(clientID: "window", window: 4 << 20)
            try await withMosquitto(broker.address(), options: options) { transport in
                try await transport.subscribe([Subscription("w/end")])
                broker.pause()
                let published = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for _ in 0..<64 {
                            try await transport.publish(
                                Message(topic: "w/x", payload: Array(repeating: 1, count: 1 << 20)))
                            published.increment()
                        }
                        try await transport.publish(Message(topic: "w/end", payload: []))
                    }
                    // A paused broker reads nothing: what the kernel does not take piles up in the window.
                    try await eventually("the publisher waits") { transport.backlog.waiting == 1 }
                    #expect(transport.backlog.bytes <= 4 << 20)
                    #expect(published.value < 64)
                    broker.resume()
                    try await group.waitForAll()
                }
                #expect(try await transport.nextMessage().topic == "w/end")
                #expect(published.value == 64)
            }
        }
    }

    @Test func aWaitingPublisherCanBeCancelledAndALostConnectionRefusesIt() async throws {
        try await RealBroker.with { broker in
            let options = ClientOptions(clientID: "waiting", window: 100)
            try await withMosquitto(broker.address(), options: options) { transport in
                broker.pause()
                // Larger than what the kernel buffers, so it stays in the window.
                let large = Message(topic: "w", payload: Array(repeating: 1, count: 64 << 20))
                try await transport.publish(large)
                let cancelled = Task { try await transport.publish(Message(topic: "w", payload: [1])) }
                try await eventually("it waits") { transport.backlog.waiting == 1 }
                cancelled.cancel()
                #expect(await code(of: cancelled) == .cancelled)

                let refused = Task { try await transport.publish(Message(topic: "w", payload: [1])) }
                try await eventually("it waits") { transport.backlog.waiting == 1 }
                broker.stop(SIGKILL)
                #expect(await code(of: refused) == .notConnected)
                #expect(transport.backlog.bytes == 0)
            }
        }
    }

    private func code(of task: Task<Void, any Error>) async -> TransportError.Code? {
        guard case .failure(let error) = await task.result else { return nil }
        return (error as? TransportError)?.code
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increment() { count.withLock { $0 += 1 } }
}
