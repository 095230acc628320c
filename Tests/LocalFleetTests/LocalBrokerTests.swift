import Foundation
import Testing

@testable import LocalFleet

@Suite("A local broker")
struct LocalBrokerTests {
    @Test("listens, restarts on its port after SIGTERM and SIGKILL, and is gone in the end")
    func life() async throws {
        var processes: [Int32] = []
        let port = try await withLocalBroker { broker in
            #expect(broker.url == "mqtt://127.0.0.1:\(broker.port)")
            processes.append(await broker.processID)
            for signal in [SIGTERM, SIGKILL] {
                #expect(isListening(broker.port))
                try await broker.restart(signal: signal) { #expect(!isListening(broker.port)) }
                processes.append(await broker.processID)
            }
            #expect(isListening(broker.port))
            return broker.port
        }
        #expect(Set(processes).count == 3)
        #expect(!isListening(port))
        #expect(processes.allSatisfy { !isRunning($0) })
    }

    @Test("is stopped when its user fails")
    func failure() async throws {
        var process: Int32 = 0
        await #expect(throws: CancellationError.self) {
            try await withLocalBroker { broker in
                process = await broker.processID
                throw CancellationError()
            }
        }
        #expect(process != 0 && !isRunning(process))
    }

    @Test("says which port is in use")
    func portInUse() async throws {
        try await withLocalBroker { broker in
            var options = LocalBroker.Options()
            options.port = broker.port
            let error = await #expect(throws: LocalFleetError.self) { try await withLocalBroker(options) { _ in } }
            #expect(error?.code == .portInUse)
            #expect(error?.message.contains("port \(broker.port) at 127.0.0.1 is in use") == true)
        }
    }

    @Test("refuses a host that is not this machine")
    func foreignHost() async throws {
        var options = LocalBroker.Options()
        // TEST-NET-1 (RFC 5737): nobody has this address.
        options.host = "192.0.2.1"
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalBroker(options) { _ in } }
        #expect(error?.code == .invalidHost)
    }

    @Test("repeats what mosquitto has against its configuration")
    func badConfiguration() async throws {
        var options = LocalBroker.Options()
        options.additions = ["no_such_setting true"]
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalBroker(options) { _ in } }
        #expect(error?.code == .childExited)
        #expect(error?.message.contains("broker ended before it was ready") == true)
        #expect(error?.message.contains("no_such_setting") == true)
    }

    @Test("that is missing is named, with how to get it")
    func missing() async throws {
        var options = LocalBroker.Options()
        options.executables.mosquitto = "/nonexistent/mosquitto"
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalBroker(options) { _ in } }
        #expect(error?.code == .missingExecutable)
        #expect(error?.message.contains("apt-get install mosquitto") == true)
    }

    @Test("runs with settings made for tensors on one machine")
    func configuration() {
        let text = BrokerConfiguration(port: 1884, user: "root", additions: ["sys_interval 0"]).text
        #expect(
            text == """
                per_listener_settings false
                listener 1884 127.0.0.1
                allow_anonymous true
                persistence false
                set_tcp_nodelay true
                max_queued_messages 65536
                max_packet_size 268435455
                log_dest stderr
                log_type error
                log_type warning
                log_type notice
                log_type information
                user root
                sys_interval 0

                """)
    }

    @Test(
        "is reached at",
        arguments: [
            ("127.0.0.1", "mqtt://127.0.0.1:9", true), ("0.0.0.0", "mqtt://127.0.0.1:9", false),
            ("::", "mqtt://[::1]:9", false), ("::1", "mqtt://[::1]:9", true), ("localhost", "mqtt://localhost:9", true),
            ("192.0.2.1", "mqtt://192.0.2.1:9", false),
        ])
    func addresses(_ host: String, _ url: String, _ isLoopback: Bool) {
        #expect(ListenAddress(host: host).url(port: 9) == url)
        #expect(ListenAddress(host: host).isLoopback == isLoopback)
    }

    @Test("gets a free port below those of outgoing connections")
    func freePort() throws {
        for _ in 0..<20 { #expect(try (10_000..<32_768).contains(ListenAddress(host: "127.0.0.1").freePort())) }
    }
}

private func isListening(_ port: UInt16) -> Bool {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(client) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
