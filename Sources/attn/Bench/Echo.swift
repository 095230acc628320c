import Fleet
import Mosquitto
import CommandOptions

/// Two clients that pass a message each way through a broker: the least that a request and its answer can take.
struct Echo: Sendable {
    private let near: MosquittoTransport
    private let topics: (request: String, answer: String)
    private let request: [UInt8]

    /// How long a message may take before it counts as lost, or refused by the broker's access rules.
    static let bound: Duration = .seconds(10)

    /// Sends a message of the request's size and waits for one of the answer's size.
    func roundTrip() async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        try await near.publish(Message(topic: topics.request, payload: request))
        let isAnswered = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await case .message in near.events { return true }
                return false
            }
            group.addTask {
                try await clock.sleep(for: Self.bound)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard isAnswered else {
            throw CommandFailure(
                "no bare round trip within \(Self.bound): does the broker let this login use attn/v1/bench/#?")
        }
        return start.duration(to: clock.now)
    }

    fileprivate init(near: MosquittoTransport, topics: (request: String, answer: String), bytes: Int) {
        self.near = near
        self.topics = topics
        request = [UInt8](repeating: 1, count: bytes)
    }
}

/// Runs `body` with both ends connected.
func withEcho<Result: Sendable>(
    _ address: BrokerAddress, tls: TLSOptions?, request: Int, answer: Int,
    _ body: (Echo) async throws -> Result
) async throws -> Result {
    let id = ConnectionOptions.clientID()
    let topics = (request: "attn/v1/bench/answer/\(id)-far", answer: "attn/v1/bench/answer/\(id)-near")
    return try await withMosquitto(
        address, options: ClientOptions(clientID: "attn-client-\(id)-near"), tls: tls
    ) { near in
        try await withMosquitto(address, options: ClientOptions(clientID: "attn-client-\(id)-far"), tls: tls) { far in
            try await near.subscribe([Subscription(topics.answer)])
            try await far.subscribe([Subscription(topics.request)])
            let payload = [UInt8](repeating: 2, count: answer)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await case .message in far.events {
                        try await far.publish(Message(topic: topics.answer, payload: payload))
                    }
                }
                defer { group.cancelAll() }
                return try await body(Echo(near: near, topics: topics, bytes: request))
            }
        }
    }
}
