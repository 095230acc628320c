import Foundation

/// Where a broker listens, and how clients on this machine reach it.
public struct ListenAddress: Sendable {
    public let host: String

    public init(host: String) {
        self.host = host
    }

    /// Whether nobody but this machine can reach it.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The host that a client on this machine connects to.
    var connectHost: String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    func url(port: UInt16) -> String {
        connectHost.contains(":") ? "mqtt://[\(connectHost)]:\(port)" : "mqtt://\(connectHost):\(port)"
    }

    /// Whether a server can listen here now.
    ///
    /// - Throws: `LocalFleetError` with code `.portInUse`, `.invalidHost` or `.system`.
    func check(port: UInt16) throws(LocalFleetError) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let address = found?.pointee else {
            throw LocalFleetError(.invalidHost, "host \(host): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let probe = socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw failure(errno, port: port) }
        defer { close(probe) }
        // As mosquitto does: else a connection that has just ended would hold the port for a minute.
        var yes: CInt = 1
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard bind(probe, address.ai_addr, address.ai_addrlen) == 0, listen(probe, 1) == 0 else {
            throw failure(errno, port: port)
        }
    }

    /// A port that nobody listens at.
    ///
    /// It is taken from below the range of which the kernel gives ports to outgoing connections. A port from within
    /// could be given away while the broker restarts; a client that reconnects could even get it and reach itself.
    ///
    /// - Throws: `LocalFleetError` as `check` does.
    func freePort() throws(LocalFleetError) -> UInt16 {
        var last = LocalFleetError(.portInUse, "no free port found at \(host)")
        for _ in 0..<64 {
            let port = UInt16.random(in: 10_000..<32_768)
            do throws(LocalFleetError) {
                try check(port: port)
                return port
            } catch {
                guard error.code == .portInUse else { throw error }
                last = error
            }
        }
        throw last
    }

    private func failure(_ code: CInt, port: UInt16) -> LocalFleetError {
        switch code {
        case EADDRINUSE:
            LocalFleetError(
                .portInUse,
                "port \(port) at \(host) is in use by another program; choose another, or none for a free one")
        case EADDRNOTAVAIL:
            LocalFleetError(.invalidHost, "host \(host) is not an address of this machine")
        default:
            LocalFleetError(.system, "port \(port) at \(host): \(String(cString: strerror(code)))")
        }
    }
}
