import Fleet
import Mosquitto
import Testing

/// A client of a broker that looks on.
struct Spy: Sendable {
    let address: BrokerAddress
    let transport: MosquittoTransport

    /// The next message it may see; nil if none comes within 10 s.
    func next() async -> Message? {
        await withTaskGroup(of: Message?.self) { group in
            group.addTask {
                for await case .message(let message) in transport.events { return message }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(10))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// The next message that is like this.
    func next(where condition: (Message) -> Bool) async throws -> Message {
        while true {
            let message = try #require(await next())
            if condition(message) { return message }
        }
    }
}

/// Runs `body` with a spy on some topics.
func withSpy(
    _ name: String = "spy", at address: BrokerAddress, on filters: [String], body: (Spy) async throws -> Void
) async throws {
    try await withMosquitto(address, options: ClientOptions(clientID: name)) { transport in
        if !filters.isEmpty { try await transport.subscribe(filters.map { Subscription($0, qos: .atLeastOnce) }) }
        try await body(Spy(address: address, transport: transport))
    }
}

func withSpy(at url: String, on filter: String, body: (Spy) async throws -> Void) async throws {
    try await withSpy(at: try BrokerAddress(parsing: url), on: [filter], body: body)
}
