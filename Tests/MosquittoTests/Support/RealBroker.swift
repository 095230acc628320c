import Fleet
import Foundation
import Glibc
import Synchronization

/// A mosquitto process on a free loopback port, with a directory of its own for its files.
///
/// Runs only within `with`, which leaves neither process nor files behind.
final class RealBroker: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let port: UInt16
    let directory: URL
    private let settings: String
    private let process = Mutex<pid_t?>(nil)

    private init(directory: URL, settings: String) throws {
        self.directory = directory
        self.settings = settings
        port = try Self.freePort()
    }

    /// - Parameters:
    ///   - settings: lines of mosquitto.conf besides the listener and the defaults below; `DIR` in them stands for
    ///     the broker's directory.
    ///   - prepare: makes the files that the settings name.
    static func with<R>(
        _ settings: String = "allow_anonymous true", prepare: (URL) throws -> Void = { _ in },
        _ body: (RealBroker) async throws -> R
    ) async throws -> R {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("attn-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try prepare(directory)
        let settings = settings.replacingOccurrences(of: "DIR", with: directory.path)
        var broker = try RealBroker(directory: directory, settings: settings)
        do {
            try await broker.start()
        } catch is Failure {
            // Someone else took the port after it was found free.
            broker = try RealBroker(directory: directory, settings: settings)
            try await broker.start()
        }
        defer { broker.stop(SIGKILL) }
        return try await body(broker)
    }

    func address(user: String? = nil, password: String? = nil, tls: Bool = false, host: String = "127.0.0.1")
        -> BrokerAddress
    {
        BrokerAddress(host: host, port: port, usesTLS: tls, user: user, password: password)
    }

    /// A file in the broker's directory.
    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Starts the process and waits until it takes connections.
    func start() async throws {
        let configuration = directory.appendingPathComponent("mosquitto.conf")
        let user = geteuid() == 0 ? "user root\n" : ""
        try """
        listener \(port) 127.0.0.1
        set_tcp_nodelay true
        max_queued_messages 100000
        log_dest file \(directory.path)/log
        \(user)\(settings)

        """.write(to: configuration, atomically: true, encoding: .utf8)
        let pid = try Self.spawn("/usr/sbin/mosquitto", ["-c", configuration.path])
        process.withLock { $0 = pid }
        let deadline = ContinuousClock.now + .seconds(10)
        while !isListening() {
            guard ContinuousClock.now < deadline, waitpid(pid, nil, WNOHANG) == 0 else {
                let log = (try? String(contentsOf: directory.appendingPathComponent("log"), encoding: .utf8)) ?? ""
                throw Failure(description: "mosquitto did not start: \(log)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Ends the process with this signal and waits for its end. Does nothing if it does not run.
    func stop(_ signal: Int32) {
        process.withLock { pid in
            guard let running = pid else { return }
            kill(running, signal)
            // A paused process ends only when continued.
            kill(running, SIGCONT)
            waitpid(running, nil, 0)
            pid = nil
        }
    }

    func restart(_ signal: Int32 = SIGTERM) async throws {
        stop(signal)
        try await start()
    }

    func pause() { process.withLock { if let pid = $0 { kill(pid, SIGSTOP) } } }

    func resume() { process.withLock { if let pid = $0 { kill(pid, SIGCONT) } } }

    /// Runs a program to its end.
    static func run(_ program: String, _ arguments: [String]) throws {
        let pid = try spawn(program, arguments)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard status == 0 else { throw Failure(description: "\(program) \(arguments) ended with \(status)") }
    }

    private static func spawn(_ program: String, _ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        // Threads of Swift's pool block signals, and a child inherits that: it would never see its SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let copies = ([program] + arguments).map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        let code = posix_spawnp(&pid, program, &actions, &attributes, copies, environ)
        guard code == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(code)))") }
        return pid
    }

    private func isListening() -> Bool {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        return Self.withAddress(port) { connect(connection, $0, $1) } == 0
    }

    /// A port that nothing listens on, as far as one can know. Below those that the system gives to outgoing
    /// connections, so that none of these takes it while the broker restarts.
    static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 10_000..<32_000)
            let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(probe) }
            if withAddress(port, { bind(probe, $0, $1) }) == 0 { return port }
        }
        throw Failure(description: "no free port")
    }

    static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
