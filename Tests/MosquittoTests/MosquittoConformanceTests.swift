import Fleet
import Mosquitto
import Testing
import TransportConformance

/// The conformance suite on libmosquitto and a real broker; each case has a broker of its own.
@Suite struct MosquittoConformanceTests {
    @Test(arguments: ConformanceSuite.cases)
    func conforms(_ conformance: ConformanceCase) async throws {
        try await RealBroker.with { broker in
            try await conformance.run(MosquittoHarness(broker: broker))
        }
    }
}

private struct MosquittoHarness: ConformanceBroker {
    let broker: RealBroker

    func withClient(_ options: ClientOptions, _ body: (any Transport) async throws -> Void) async throws {
        try await withMosquitto(broker.address(), options: options) { try await body($0) }
    }

    func cut(_ client: any Transport, clientID: String) async throws { (client as? MosquittoTransport)?.sever() }

    func restart() async throws { try await broker.restart() }
}
