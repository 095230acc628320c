public import Fleet

/// Runs `body` with a client of a fleet on an open transport, of which it is the one consumer.
///
/// Jobs still under way when `body` ends are cancelled, unless they are to outlive their caller.
///
/// - Parameters:
///   - id: the client's name, the last level of its answer topic; one client at a time has it.
///   - user: the name that the transport has logged in with, if any: the level before that.
/// - Throws: `TransportError` if the answer topic cannot be subscribed to; what `body` throws.
public func withFleetClient<Result: Sendable>(
    id: PeerID, user: PeerID? = nil, fleet: PeerID, transport: any Transport,
    _ body: (FleetClient) async throws -> Result
) async throws -> Result {
    let topics = FleetTopics(fleet: fleet)
    let client = FleetClient(
        answerTopic: topics.answer(client: id, user: user), fleet: fleet, transport: transport)
    try await transport.subscribe(topics.clientSubscriptions(id, user: user))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.receive() }
        group.addTask { await client.watch() }
        defer { group.cancelAll() }
        do {
            let result = try await body(client)
            await client.abandonAll()
            return result
        } catch {
            await client.abandonAll()
            throw error
        }
    }
}
