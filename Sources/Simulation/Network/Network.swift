import Dispatcher
import Fleet

/// Connections to the broker, what it retains, and how the network is at the moment.
struct Network {
    struct Connection {
        /// 0: none. Grows with each connection, so that what was on its way over an earlier one does not arrive.
        var number: UInt32 = 0
        /// Nothing is delivered before; TCP sends again until then.
        var deadUntil = Instant.origin
        /// Of the message that arrived last, since MQTT keeps the order within a connection.
        var lastArrival = Instant.origin

        var isOpen: Bool { number != 0 }
    }

    var connections: [Connection]
    var lastConnection: UInt32 = 0
    var isBrokerUp = true
    /// What the broker retains of each worker.
    var statuses: [Bool?]
    var infos: [WorkerBirth?]
    var isDispatcherOnline = false

    // How many faults of a kind are on.
    var losses = 0
    var delays = 0
    var duplications = 0
    var reorderings = 0

    init(peers: Int, workers: Int) {
        connections = Array(repeating: Connection(), count: peers)
        statuses = Array(repeating: nil, count: workers)
        infos = Array(repeating: nil, count: workers)
    }

    func isOpen(_ peer: Peer) -> Bool { connections[peer.number].isOpen }
}
