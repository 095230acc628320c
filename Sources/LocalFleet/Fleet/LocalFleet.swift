import Foundation

/// A whole fleet on this machine: a broker, a dispatcher and workers, as child processes of this one.
///
/// Whatever happens to this process, none of them outlives it: see `ChildTrampoline`.
public actor LocalFleet {
    /// What a child is.
    public enum Role: String, Sendable {
        case broker, dispatcher, worker
    }

    /// A child that ended without the fleet having told it to.
    public struct Exit: Sendable, CustomStringConvertible {
        public let name: String
        public let role: Role
        public let status: ExitStatus
        /// What it wrote last, oldest first.
        public let lastLines: [String]

        /// Which and why, for a person.
        public var description: String { "\(name) ended with \(status)\(ChildProcess.quoted(lastLines))" }
    }

    public static let dispatcher = "dispatcher-1"

    /// The name of the n-th worker that a fleet is started with, from 1.
    public static func worker(_ number: Int) -> String { "worker-\(number)" }

    /// Children that end by themselves or by `kill`, as they end; one consumer. Ends when the fleet is stopped.
    public nonisolated let exits: AsyncStream<Exit>
    public nonisolated let broker: LocalBroker
    /// `mqtt://HOST:PORT`, as a client on this machine reaches it.
    public nonisolated var brokerURL: String { broker.url }
    /// The folder of the logs, `NAME.log`; removed when the fleet is stopped.
    public nonisolated var logFolder: String { folder.path }

    /// Where dispatcher and workers are told to find the broker.
    private var serviceURL: String
    private let folder: FleetFolder
    private let options: Options
    private let programs: Programs
    private let report: AsyncStream<Exit>.Continuation
    private var dispatcher: ChildProcess?
    private var workers: [String: ChildProcess] = [:]
    /// By worker, if they are held to any.
    private var shares: [String: CoreShare] = [:]
    private var isStopping = false

    /// Resolved before anything is started, so that a missing one is known at once.
    private struct Programs {
        let worker: String
        let dispatcher: String
        let attn: String
    }

    /// Starts a fleet; returns once all of it is ready.
    ///
    /// - Throws: `LocalFleetError`, which says what could not be started and why; nothing is left running then.
    static func start(_ options: Options) async throws(LocalFleetError) -> LocalFleet {
        let programs = Programs(
            worker: try options.executables.findWorker(), dispatcher: try options.executables.findDispatcher(),
            attn: try options.executables.findAttn())
        let folder = try FleetFolder()
        if !options.workerShares.isEmpty {
            CoreShare.removeAbandoned(prefix: FleetFolder.prefix, FleetFolder.isAbandoned)
        }
        let (exits, report) = AsyncStream.makeStream(of: Exit.self)
        var brokerOptions = LocalBroker.Options()
        (brokerOptions.host, brokerOptions.port) = (options.host, options.port)
        brokerOptions.executables = options.executables
        brokerOptions.diesWithParent = true
        brokerOptions.startBound = options.startBound
        brokerOptions.echo = options.echo(of: LocalBroker.name)
        let broker: LocalBroker
        do throws(LocalFleetError) {
            broker = try await LocalBroker.start(brokerOptions, folder: folder.path) { child, status in
                report.yield(Exit(name: child.name, role: .broker, status: status, lastLines: child.lastLines))
            }
        } catch {
            folder.remove()
            throw error
        }
        let fleet = LocalFleet(
            options, programs: programs, folder: folder, broker: broker, exits: exits, report: report)
        do throws(LocalFleetError) {
            try await fleet.startServices()
        } catch {
            await fleet.stop()
            throw error
        }
        return fleet
    }

    private init(
        _ options: Options, programs: Programs, folder: FleetFolder, broker: LocalBroker, exits: AsyncStream<Exit>,
        report: AsyncStream<Exit>.Continuation
    ) {
        (self.options, self.programs, self.folder) = (options, programs, folder)
        (self.broker, self.exits, self.report) = (broker, exits, report)
        serviceURL = broker.url
    }

    /// Every running child and its process number: the broker, the dispatcher, then the workers by name.
    public var processes: [(name: String, processID: Int32)] {
        get async {
            let services = [dispatcher].compactMap { $0 } + workers.values.sorted { Self.isOrdered($0.name, $1.name) }
            return [(LocalBroker.name, await broker.processID)]
                + services.filter { $0.status == nil }.map { ($0.name, $0.processID) }
        }
    }

    /// Lets dispatcher and workers that are started from now on reach the broker through something that stands between.
    public func route(through url: String) { serviceURL = url }

    /// Starts one more worker, or one again that has ended; returns once it is ready.
    ///
    /// - Throws: `LocalFleetError`: `.childState` if it runs or if the name is another child's; what hinders its start.
    public func startWorker(_ name: String) async throws(LocalFleetError) {
        guard ![Self.dispatcher, LocalBroker.name].contains(name), !name.contains("/") else {
            throw LocalFleetError(.childState, "\(name) cannot be the name of a worker")
        }
        if let worker = workers[name], worker.status == nil {
            throw LocalFleetError(.childState, "\(name) runs already, as process \(worker.processID)")
        }
        let worker = try await start(name, role: .worker, options.workerArguments(name, broker: serviceURL))
        try await worker.becomeReady(within: options.startBound)
    }

    /// Starts the dispatcher again after it has ended; returns once it is ready.
    ///
    /// - Throws: as `startWorker` does.
    public func startDispatcher() async throws(LocalFleetError) {
        if let dispatcher, dispatcher.status == nil {
            throw LocalFleetError(.childState, "\(dispatcher.name) runs already, as process \(dispatcher.processID)")
        }
        let arguments = options.dispatcherArguments(
            Self.dispatcher, broker: serviceURL, folder: folder.path)
        try await start(Self.dispatcher, role: .dispatcher, arguments).becomeReady(within: options.startBound)
    }

    /// Lets a worker drain (SIGTERM) and returns once it has ended; after the bound for stopping it is killed.
    ///
    /// - Returns: how it ended; nil if it could not be ended.
    /// - Throws: `LocalFleetError` with code `.childState` if there is no such worker.
    @discardableResult
    public func stopWorker(_ name: String) async throws(LocalFleetError) -> ExitStatus? {
        await (try child(name)).stop(within: options.stopBound)
    }

    /// Sends a signal to a worker or the dispatcher; its end, if it ends, is then told by `exits`.
    ///
    /// - Throws: `LocalFleetError` with code `.childState` if it does not run.
    public func kill(_ name: String, signal: Int32) throws(LocalFleetError) {
        guard try child(name).send(signal: signal) else {
            throw LocalFleetError(.childState, "\(name) has ended already")
        }
    }

    /// Waits for a worker or the dispatcher to end; nil if the bound comes first.
    ///
    /// - Throws: `LocalFleetError` with code `.childState` if there was none of that name.
    public func waitForExit(of name: String, within bound: Duration) async throws(LocalFleetError) -> ExitStatus? {
        await (try child(name)).waitForExit(within: bound)
    }

    /// What a child wrote last, oldest first; empty if there was none of that name, which is no error here.
    public func lastLines(of name: String) -> [String] {
        (try? child(name))?.lastLines ?? []
    }

    /// Takes everything down: workers and dispatcher together, then the broker, then the folder. May be called again.
    ///
    /// - Parameter immediately: SIGKILL instead of SIGTERM; a call that waits for a slow child is then done as well.
    func stop(immediately: Bool = false) async {
        isStopping = true
        let bound = immediately ? .zero : options.stopBound
        await withTaskGroup(of: Void.self) { group in
            for child in Array(workers.values) + [dispatcher].compactMap({ $0 }) {
                group.addTask { await child.stop(within: bound) }
            }
        }
        await removeShares()
        await broker.stop(within: immediately ? .zero : nil)
        folder.remove()
        report.finish()
    }

    private func startServices() async throws(LocalFleetError) {
        // All at once: on a small machine their starts overlap.
        var names: [String] = []
        if options.hasDispatcher {
            let arguments = options.dispatcherArguments(
                Self.dispatcher, broker: serviceURL, folder: folder.path)
            try await start(Self.dispatcher, role: .dispatcher, arguments)
            names.append(Self.dispatcher)
        }
        for number in 0..<options.workers {
            let name = Self.worker(number + 1)
            try await start(name, role: .worker, options.workerArguments(name, broker: serviceURL))
            names.append(name)
        }
        let (started, bound) = (try names.map { name throws(LocalFleetError) in try child(name) }, options.startBound)
        // Together, so that one that fails is named at once and not when another one's time is up.
        let failure = await withTaskGroup(of: LocalFleetError?.self) { group in
            for child in started {
                group.addTask {
                    do throws(LocalFleetError) {
                        try await child.becomeReady(within: bound)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for await failure in group where failure != nil {
                group.cancelAll()
                return failure
            }
            return nil
        }
        if let failure { throw failure }
    }

    @discardableResult
    private func start(_ name: String, role: Role, _ arguments: [String]) async throws(LocalFleetError) -> ChildProcess
    {
        let child = try await ChildProcess.start(
            ChildLaunch(
                name: name, program: role == .worker ? programs.worker : programs.dispatcher, arguments: arguments,
                trampoline: programs.attn, logFolder: folder.path,
                echo: options.echo(of: name)))
        if role == .worker {
            workers[name] = child
            try await holdToShare(child)
        } else {
            dispatcher = child
        }
        watch(child, role: role)
        if isStopping {
            await child.stop(within: .zero)
            throw LocalFleetError(.cancelled, "\(name): the fleet is being stopped")
        }
        return child
    }

    private func holdToShare(_ worker: ChildProcess) async throws(LocalFleetError) {
        guard !options.workerShares.isEmpty else { return }
        do throws(LocalFleetError) {
            if shares[worker.name] == nil {
                let share = options.workerShares[shares.count % options.workerShares.count]
                shares[worker.name] = try CoreShare("\(folder.name)-\(worker.name)", share: share)
            }
            try shares[worker.name]?.hold(worker.processID)
        } catch {
            await worker.stop(within: .zero)
            throw error
        }
    }

    /// Whether workers are held to a share of a core.
    public var isHeldToShares: Bool { !shares.isEmpty }

    /// A process that has ended is in its group until its parent knows. What cannot be removed now, the next fleet removes.
    private func removeShares() async {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(5))
        for share in shares.values {
            // Cancelled, it tries on without a pause.
            while !share.remove(), clock.now < end { try? await clock.sleep(for: .milliseconds(10)) }
        }
    }

    /// From now on workers that were held to a share of a core are not.
    public func liftShares() {
        for share in shares.values { share.lift() }
    }

    private func watch(_ child: ChildProcess, role: Role) {
        Task {
            guard let status = await child.waitForExit() else { return }
            guard !isStopping, !child.isToldToEnd else { return }
            report.yield(Exit(name: child.name, role: role, status: status, lastLines: child.lastLines))
        }
    }

    private func child(_ name: String) throws(LocalFleetError) -> ChildProcess {
        let found = name == dispatcher?.name ? dispatcher : workers[name]
        guard let found else { throw LocalFleetError(.childState, "there is no \(name) in this fleet") }
        return found
    }

    /// `worker-2` before `worker-10`.
    private static func isOrdered(_ lhs: String, _ rhs: String) -> Bool {
        (lhs.utf8.count, lhs) < (rhs.utf8.count, rhs)
    }
}

/// Runs `body` with a fleet that is ready, and takes it down when `body` ends, however it ends.
///
/// - Throws: `LocalFleetError` if the fleet does not start, or what `body` throws.
public func withLocalFleet<Result>(
    _ options: LocalFleet.Options = .init(), isolation: isolated (any Actor)? = #isolation,
    _ body: (LocalFleet) async throws -> sending Result
) async throws -> sending Result {
    let fleet = try await LocalFleet.start(options)
    do {
        let result = try await body(fleet)
        await fleet.stop()
        return result
    } catch {
        await fleet.stop()
        throw error
    }
}
