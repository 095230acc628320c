import Fleet
import Testing
import TransportConformance

/// The conformance suite on the in-memory broker.
@Suite struct InMemoryConformanceTests {
    @Test(arguments: ConformanceSuite.cases)
    func conforms(_ conformance: ConformanceCase) async throws {
        try await conformance.run(InMemoryHarness())
    }
}

private struct InMemoryHarness: ConformanceBroker {
    let broker = InMemoryBroker()

    func withClient(_ options: ClientOptions, _ body: (any Transport) async throws -> Void) async throws {
        try await broker.withTransport(options) { try await body($0) }
    }

    func cut(_ client: any Transport, clientID: String) async throws { broker.cut(clientID: clientID) }

    func restart() async throws { broker.restart(.killed) }
}
