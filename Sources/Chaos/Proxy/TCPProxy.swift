import Glibc
import Synchronization

/// Stands between peers and a broker on this machine, and cuts and throttles their connections.
///
/// One thread of its own polls all sockets. What it holds of a connection is bounded: it reads no more before the other side
/// has taken it.
final class TCPProxy: Sendable {
    /// What it is told by others than its thread.
    struct Orders: Sendable {
        var isStopped = false
        /// Connections to cut, of those there are.
        var cuts = 0
        /// Most bytes a second that each connection passes on in each direction; nil: all.
        var bytesPerSecond: Int?
    }

    let port: UInt16
    let orders = Mutex(Orders())
    private let cutsMade = Mutex(0)

    var cuts: Int { cutsMade.withLock { $0 } }

    /// Listens on a free loopback port for as long as `body` runs.
    /// - Throws: `ChaosError` if it cannot listen; what `body` throws.
    static func with<Result>(
        target: UInt16, seed: UInt64, isolation: isolated (any Actor)? = #isolation,
        _ body: (TCPProxy) async throws -> sending Result
    ) async throws -> sending Result {
        let listener = try Socket.listening()
        let proxy = TCPProxy(port: try listener.localPort())
        let loop = ProxyLoop(
            listener: listener, target: target, seed: seed,
            orders: { [proxy] in
                proxy.orders.withLock { orders in
                    defer { orders.cuts = 0 }
                    return orders
                }
            }, onCut: { [proxy] in proxy.cutsMade.withLock { $0 += 1 } })
        let thread = ChaosThread.start { loop.run() }
        defer {
            proxy.orders.withLock { $0.isStopped = true }
            thread.join()
        }
        return try await body(proxy)
    }

    private init(port: UInt16) { self.port = port }

    func cut(_ connections: Int) { orders.withLock { $0.cuts += connections } }

    func throttle(_ bytesPerSecond: Int?) { orders.withLock { $0.bytesPerSecond = bytesPerSecond } }
}
