import Dispatch
import Foundation

/// Asks a broker for a sign of life.
///
/// A socket that listens says little: mosquitto opens it, and even logs that it runs, before it is in its loop, and
/// loses a SIGTERM that comes in between.
struct BrokerProbe {
    let address: ListenAddress
    let port: UInt16

    /// MQTT 3.1.1 CONNECT of a nameless client with a clean session (section 3.1), and DISCONNECT.
    private static let connectPacket: [UInt8] = [0x10, 0x0C, 0x00, 0x04] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]
    private static let disconnectPacket: [UInt8] = [0xE0, 0x00]

    /// Returns whether the broker reacts within the bound: accepts the client, refuses it, or hangs up on it because it
    /// wants TLS.
    func isAnswered(within bound: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: isAnswered(withinSeconds: Int(bound.components.seconds)))
            }
        }
    }

    private func isAnswered(withinSeconds seconds: Int) -> Bool {
        guard let client = connectedSocket(timeout: timeval(tv_sec: max(1, seconds), tv_usec: 0)) else { return false }
        defer { close(client) }
        send(client, Self.connectPacket, Self.connectPacket.count, Int32(MSG_NOSIGNAL))
        var reply: UInt8 = 0
        let count = recv(client, &reply, 1, 0)
        guard count > 0 else { return count == 0 || errno == ECONNRESET }
        send(client, Self.disconnectPacket, Self.disconnectPacket.count, Int32(MSG_NOSIGNAL))
        return true
    }

    private func connectedSocket(timeout: timeval) -> CInt? {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.connectHost, String(port), &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var next = found
        // A name may stand for several addresses, and the broker may listen at one of them only.
        while let candidate = next?.pointee {
            let client = socket(candidate.ai_family, candidate.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            var limit = timeout
            setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if client >= 0, connect(client, candidate.ai_addr, candidate.ai_addrlen) == 0 { return client }
            if client >= 0 { close(client) }
            next = candidate.ai_next
        }
        return nil
    }
}
