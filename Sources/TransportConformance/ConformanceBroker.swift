public import Fleet

/// A broker that the conformance cases run against, together with one kind of client.
public protocol ConformanceBroker: Sendable {
    /// Opens a client for as long as `body` runs, then closes it in good order.
    func withClient(_ options: ClientOptions, _ body: (any Transport) async throws -> Void) async throws

    /// Takes the client's connection away without a clean disconnect. The client connects again by itself.
    func cut(_ client: any Transport, clientID: String) async throws

    /// Takes the broker down and up again, without its retained messages.
    func restart() async throws
}

/// One thing that every transport does.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    public let description: String
    public let run: @Sendable (any ConformanceBroker) async throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (any ConformanceBroker) async throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// Every case. Each uses topics and client IDs of its own, so they may share a broker that is not restarted.
public enum ConformanceSuite {
    public static let cases =
        deliveryCases + retainedCases + willCases + limitCases + connectionCases
}
