import Foundation
import Testing

@testable import LocalFleet

/// With scripts in place of the worker and the dispatcher, and a real broker.
@Suite("A local fleet")
struct LocalFleetTests {
    let fakes: FakePrograms

    init() throws { fakes = try FakePrograms() }

    private func options(
        worker: String = FakePrograms.obedient, dispatcher: String = FakePrograms.obedient
    ) async throws -> LocalFleet.Options {
        var options = LocalFleet.Options()
        options.workers = 2
        options.executables = Executables(
            worker: try await fakes.script("attn-worker", worker),
            dispatcher: try await fakes.script("attn-dispatcher", dispatcher), attn: try FakePrograms.attn())
        return options
    }

    @Test("is up as a whole, and down as a whole")
    func life() async throws {
        var options = try await options()
        (options.name, options.slots) = ("lab", 2)
        let (processes, folder) = try await withLocalFleet(options) { fleet in
            let processes = await fleet.processes
            #expect(processes.map(\.name) == ["broker", "dispatcher-1", "worker-1", "worker-2"])
            #expect(processes.allSatisfy { isRunning($0.processID) })
            let common = "--fleet lab --log-level info"
            for (name, more) in [
                ("worker-2", " --slots 2"), ("dispatcher-1", " --journal \(fleet.logFolder)/journal --local-threads 0"),
            ] {
                let expected = "arguments: --broker \(fleet.brokerURL) --id \(name) \(common)\(more)"
                let isSaid = try await eventually { await fleet.lastLines(of: name) == [expected] }
                #expect(isSaid)
            }
            #expect(FileManager.default.fileExists(atPath: "\(fleet.logFolder)/worker-1.log"))
            return (processes, fleet.logFolder)
        }
        #expect(processes.allSatisfy { !isRunning($0.processID) })
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test(
        "holds workers to a share of a core, each by itself, and leaves no control group",
        .enabled(if: LocalFleet.whyNoShares == nil, "control groups of the CPU are not this user's to make"),
        arguments: [(0.02, "1000/50000"), (0.5, "5000/10000"), (1.5, "15000/10000")])
    func shares(share: Double, quota: String) async throws {
        var options = try await options()
        options.workerShares = [share]
        let groups = try await withLocalFleet(options) { fleet in
            try await fleet.startWorker("worker-9")
            var groups: [String] = []
            for (name, process) in await fleet.processes where name.hasPrefix("worker-") {
                let lines = try String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8)
                let path = try #require(lines.split(separator: "\n").first { $0.contains("/attn-fleet-") })
                #expect(path.hasSuffix("-\(name)"))
                groups.append(String(path.split(separator: "/")[1]))
                #expect(Self.quota(groups[groups.count - 1]) == quota)
            }
            await fleet.liftShares()
            #expect(groups.allSatisfy { Self.quota($0)?.hasPrefix("-1/") == true || Self.quota($0) == "max" })
            return groups
        }
        #expect(groups.count == 3 && groups.allSatisfy { Self.quota($0) == nil })
    }

    /// Of a control group, `QUOTA/PERIOD`, in whichever hierarchy it is.
    private static func quota(_ group: String) -> String? {
        func text(_ path: String) -> String? {
            try? String(contentsOfFile: "/sys/fs/cgroup/\(path)", encoding: .utf8).trimmingCharacters(in: .newlines)
        }
        if let quota = text("cpu/\(group)/cpu.cfs_quota_us"), let period = text("cpu/\(group)/cpu.cfs_period_us") {
            return "\(quota)/\(period)"
        }
        return text("\(group)/cpu.max").map { $0.hasPrefix("max") ? "max" : $0.replacing(" ", with: "/") }
    }

    @Test("names the part that cannot start, and why, and leaves nothing running")
    func failedStart() async throws {
        let died = """
            if [ "$4" = worker-2 ]; then echo 'slots: too many' >&2; exit 3; fi
            \(FakePrograms.obedient)
            """
        let lines = Lines()
        var options = try await options(worker: died)
        options.echo = { lines.append("\($0): \($1)") }
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalFleet(options) { _ in } }
        #expect(error?.code == .childExited)
        #expect(
            error?.message
                == "worker-2 ended before it was ready, with exit status 3; its last lines:\n    slots: too many")
        #expect(lines.all.contains { $0.hasPrefix("broker: ") && $0.hasSuffix(" terminating") })
    }

    @Test("names the part that does not get ready")
    func neverReady() async throws {
        var options = try await options(dispatcher: "exec sleep 60")
        // Long enough for the broker and the workers on a busy machine.
        options.startBound = .seconds(3)
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalFleet(options) { _ in } }
        #expect(error?.code == .notReady)
        #expect(error?.message.hasPrefix("dispatcher-1 was not ready within 3.0 seconds") == true)
    }

    @Test("tells of a worker that was killed, and takes it back")
    func killedWorker() async throws {
        try await withLocalFleet(options()) { fleet in
            let before = await fleet.processes
            try await fleet.kill("worker-1", signal: SIGKILL)
            var exits = fleet.exits.makeAsyncIterator()
            let exit = await exits.next()
            #expect(exit?.name == "worker-1" && exit?.role == .worker && exit?.status == .signalled(SIGKILL))
            #expect(await fleet.processes.map(\.name) == ["broker", "dispatcher-1", "worker-2"])
            await #expect(throws: LocalFleetError.self) { try await fleet.kill("worker-1", signal: SIGKILL) }

            try await fleet.startWorker("worker-1")
            try await fleet.startWorker("worker-10")
            let after = await fleet.processes
            #expect(after.map(\.name) == ["broker", "dispatcher-1", "worker-1", "worker-2", "worker-10"])
            #expect(after[2].processID != before[2].processID)
        }
    }

    @Test("drains a worker, which is not an accident")
    func drainedWorker() async throws {
        try await withLocalFleet(options()) { fleet in
            #expect(try await fleet.stopWorker("worker-2") == .exited(code: 0))
            #expect(await fleet.lastLines(of: "worker-2").last == "draining")
            try await fleet.kill("dispatcher-1", signal: SIGKILL)
            var exits = fleet.exits.makeAsyncIterator()
            #expect(await exits.next()?.name == "dispatcher-1", "the first accident")
            try await fleet.startDispatcher()
            #expect(await fleet.processes.map(\.name) == ["broker", "dispatcher-1", "worker-1"])
        }
    }

    @Test("does not call an accident what it ended itself, since it was not ready in time")
    func slowWorker() async throws {
        var options = try await options(
            worker: "case $* in *worker-9*) exec sleep 60 ;; esac\n" + FakePrograms.obedient)
        // Long enough for the broker and the others on a busy machine.
        options.startBound = .seconds(3)
        try await withLocalFleet(options) { fleet in
            let error = await #expect(throws: LocalFleetError.self) { try await fleet.startWorker("worker-9") }
            #expect(error?.code == .notReady)
            try await fleet.kill("dispatcher-1", signal: SIGKILL)
            var exits = fleet.exits.makeAsyncIterator()
            #expect(await exits.next()?.name == "dispatcher-1", "the first accident")
        }
    }

    @Test("tells of a broker that died, but not of one that it restarts")
    func brokerDeath() async throws {
        try await withLocalFleet(options()) { fleet in
            try await fleet.broker.restart(signal: SIGKILL)
            kill(await fleet.broker.processID, SIGKILL)
            var exits = fleet.exits.makeAsyncIterator()
            #expect(await exits.next()?.role == .broker)
            kill(await fleet.processes[1].processID, SIGKILL)
            #expect(await exits.next()?.role == .dispatcher)
        }
    }

    @Test("refuses names that are taken or unknown")
    func names() async throws {
        try await withLocalFleet(options()) { fleet in
            for name in ["worker-1", "dispatcher-1", "broker", "../worker"] {
                let error = await #expect(throws: LocalFleetError.self) { try await fleet.startWorker(name) }
                #expect(error?.code == .childState)
            }
            await #expect(throws: LocalFleetError.self) { try await fleet.stopWorker("worker-9") }
            await #expect(throws: LocalFleetError.self) { try await fleet.startDispatcher() }
        }
    }

    @Test("is taken down when its user fails, and kills those who do not obey")
    func failingUser() async throws {
        var options = try await options(worker: FakePrograms.stubborn)
        options.stopBound = .milliseconds(100)
        var processes: [Int32] = []
        await #expect(throws: CancellationError.self) {
            try await withLocalFleet(options) { fleet in
                processes = await fleet.processes.map(\.processID)
                throw CancellationError()
            }
        }
        #expect(processes.count == 4)
        #expect(processes.allSatisfy { !isRunning($0) })
    }

    @Test("whose start is cancelled is taken down at once")
    func cancelledStart() async throws {
        let lines = Lines()
        var options = try await options(worker: "echo here >&2; sleep 60")
        options.startBound = .seconds(60)
        options.echo = { lines.append("\($0): \($1)") }
        let starting = Task { [options] in try await withLocalFleet(options) { _ in } }
        #expect(try await eventually { lines.all.contains("worker-1: here") })
        starting.cancel()
        let error = await #expect(throws: LocalFleetError.self) { try await starting.value }
        #expect(error?.code == .cancelled)
        #expect(lines.all.contains { $0.hasPrefix("broker: ") && $0.hasSuffix(" terminating") })
    }

    @Test("names an executable that is not built")
    func missing() async throws {
        var options = try await options()
        options.executables.dispatcher = "\(fakes.folder)/none"
        let error = await #expect(throws: LocalFleetError.self) { try await withLocalFleet(options) { _ in } }
        #expect(error?.code == .missingExecutable)
        #expect(error?.message.contains("swift build --product attn-dispatcher") == true)
    }

    @Test("removes the folder that a killed process left behind, and none that is in use")
    func abandonedFolder() async throws {
        let parent = FileManager.default.temporaryDirectory.path
        let abandoned = "\(parent)/attn-fleet-test-\(getpid())"
        try FileManager.default.createDirectory(atPath: abandoned, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: "\(abandoned)/lock"))
        let first = try FleetFolder()
        // Another fleet that begins at this moment may have it in hand, and removes it then.
        let isGone = try await eventually { !FileManager.default.fileExists(atPath: abandoned) }
        #expect(isGone)
        let second = try FleetFolder()
        #expect(FileManager.default.fileExists(atPath: first.path))
        first.remove()
        second.remove()
        #expect(!FileManager.default.fileExists(atPath: second.path))
    }
}

/// Lines collected from any thread.
private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func append(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
}
