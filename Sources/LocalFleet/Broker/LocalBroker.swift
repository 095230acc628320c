import Foundation

/// A mosquitto of this process's own, on a port of this machine.
public actor LocalBroker {
    public struct Options: Sendable {
        /// An address of this machine, or a name of one.
        public var host = "127.0.0.1"
        /// Nil: a free one.
        public var port: UInt16?
        public var allowsAnonymous = true
        /// More lines of mosquitto.conf(5).
        public var additions: [String] = []
        public var executables = Executables()
        /// Whether it dies with this process even on `kill -9`; needs the `attn` executable. Nil: if that is there.
        public var diesWithParent: Bool?
        /// How long it may take to listen.
        public var startBound: Duration = .seconds(10)
        /// How long it may take to end after SIGTERM.
        public var stopBound: Duration = .seconds(5)
        /// Called with each line of its log, from any thread.
        public var echo: (@Sendable (_ line: String) -> Void)?

        public init() {}
    }

    /// Its name in messages and of its log.
    public static let name = "broker"

    public nonisolated let host: String
    public nonisolated let port: UInt16
    /// `mqtt://HOST:PORT`, as a client on this machine reaches it.
    public nonisolated let url: String

    private let launch: ChildLaunch
    private let options: Options
    private let onExit: @Sendable (ChildProcess, ExitStatus) -> Void
    private var child: ChildProcess
    private var isStopped = false

    private init(
        _ child: ChildProcess, launch: ChildLaunch, port: UInt16, options: Options,
        onExit: @escaping @Sendable (ChildProcess, ExitStatus) -> Void
    ) {
        let address = ListenAddress(host: options.host)
        (host, self.port, url) = (options.host, port, address.url(port: port))
        (self.child, self.launch, self.options, self.onExit) = (child, launch, options, onExit)
    }

    /// Starts a broker; returns once it listens.
    ///
    /// - Parameters:
    ///   - folder: where its configuration and log are written.
    ///   - onExit: called when it ends without having been told to, by `stop` or `restart`.
    /// - Throws: `LocalFleetError`, and nothing is left running.
    static func start(
        _ options: Options, folder: String, onExit: @escaping @Sendable (ChildProcess, ExitStatus) -> Void = { _, _ in }
    ) async throws(LocalFleetError) -> LocalBroker {
        var launch = ChildLaunch(
            name: Self.name, program: try options.executables.findMosquitto(),
            arguments: ["-c", "\(folder)/mosquitto.conf"],
            // A connection alone is no test: another program may have taken the port, and accept it.
            readyLine: .errorSuffix(" running"), logFolder: folder, echo: options.echo)
        // Without this the allocator maps and unmaps memory anew for each message above 128 KiB, which takes longer than
        // passing the message on. The price: up to 64 MiB are not given back after a burst.
        launch.environment = ["MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "67108864"]
        if options.diesWithParent ?? (Executables.sibling("attn") != nil) {
            launch.trampoline = try options.executables.findAttn()
        }
        var attempts = options.port == nil ? 5 : 1
        while true {
            attempts -= 1
            let port = try await choosePort(options)
            try write(options, port: port, to: "\(folder)/mosquitto.conf")
            let child = try await ChildProcess.start(launch)
            do throws(LocalFleetError) {
                try await serve(child, options, port: port)
            } catch {
                // Another program may have taken the port since it was checked.
                if attempts > 0, error.message.contains("Address already in use") { continue }
                throw error
            }
            let broker = LocalBroker(child, launch: launch, port: port, options: options, onExit: onExit)
            await broker.watch()
            return broker
        }
    }

    /// Its process number; a new one after each restart.
    public var processID: Int32 { child.processID }

    /// Ends it and starts it again on the same port; returns once it listens.
    ///
    /// - Parameters:
    ///   - signal: SIGTERM, on which it publishes every will, or SIGKILL.
    ///   - downtime: awaited between the two.
    /// - Throws: `LocalFleetError` if it does not start again; `.cancelled` if it has been stopped.
    public func restart(
        signal: Int32, whileDown downtime: @Sendable () async -> Void = {}
    ) async throws(LocalFleetError) {
        let old = child
        old.expectEnd()
        old.send(signal: signal)
        if await old.waitForExit(within: options.stopBound) == nil { await old.stop(within: .zero) }
        await downtime()
        guard !isStopped else { throw LocalFleetError(.cancelled, "\(Self.name): stopped") }
        let new = try await ChildProcess.start(launch)
        child = new
        // Stopped while it was being started.
        if isStopped { await new.stop(within: .zero) }
        try await Self.serve(new, options, port: port)
        watch()
    }

    /// Stops it for good. A second call with a bound of zero ends a first one's wait.
    func stop(within bound: Duration? = nil) async {
        isStopped = true
        await child.stop(within: bound ?? options.stopBound)
    }

    private func watch() {
        let child = child
        Task {
            guard let status = await child.waitForExit() else { return }
            if !child.isToldToEnd, !isStopped { onExit(child, status) }
        }
    }

    /// The port asked for, if it is free; else one that is.
    ///
    /// On the thread that starts children, since one just being started would hold the socket that tries the port.
    private static func choosePort(_ options: Options) async throws(LocalFleetError) -> UInt16 {
        let address = ListenAddress(host: options.host)
        let chosen = await SpawnThread.shared.run {
            Result { () throws(LocalFleetError) in
                guard let port = options.port else { return try address.freePort() }
                try address.check(port: port)
                return port
            }
        }
        return try chosen.get()
    }

    /// Returns once the child listens and answers; otherwise it is stopped first.
    private static func serve(
        _ child: ChildProcess, _ options: Options, port: UInt16
    ) async throws(LocalFleetError) {
        try await child.becomeReady(within: options.startBound)
        let probe = BrokerProbe(address: ListenAddress(host: options.host), port: port)
        guard await probe.isAnswered(within: options.startBound) else {
            await child.stop(within: .zero)
            throw LocalFleetError(
                .notReady, "\(Self.name): no answer at \(probe.address.url(port: port))\(child.quotedLastLines)")
        }
    }

    private static func write(_ options: Options, port: UInt16, to path: String) throws(LocalFleetError) {
        let configuration = BrokerConfiguration(
            host: options.host, port: port, allowsAnonymous: options.allowsAnonymous,
            user: geteuid() == 0 ? "root" : nil, additions: options.additions)
        do {
            try configuration.text.write(toFile: path, atomically: false, encoding: .utf8)
        } catch {
            throw LocalFleetError(.system, "\(Self.name): its configuration cannot be written to \(path): \(error)")
        }
    }
}

/// Runs `body` with a broker that is stopped when it ends, however it ends.
///
/// - Throws: `LocalFleetError` if the broker does not start, or what `body` throws.
public func withLocalBroker<Result>(
    _ options: LocalBroker.Options = .init(), isolation: isolated (any Actor)? = #isolation,
    _ body: (LocalBroker) async throws -> sending Result
) async throws -> sending Result {
    let folder = try FleetFolder()
    defer { folder.remove() }
    let broker = try await LocalBroker.start(options, folder: folder.path)
    do {
        let result = try await body(broker)
        await broker.stop()
        return result
    } catch {
        await broker.stop()
        throw error
    }
}
