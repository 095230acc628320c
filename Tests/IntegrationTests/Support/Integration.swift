import Client
import Fleet
import Mosquitto
import Testing

/// Everything that starts processes: one at a time, since the machine has few cores.
@Suite("Integration", .serialized) enum Integration {}

func withFleetClientOf(
    _ name: PeerID, _ transport: MosquittoTransport, _ body: (FleetClient) async throws -> Void
) async throws {
    try await withFleetClient(id: PeerID("client-2")!, fleet: name, transport: transport) { try await body($0) }
}
