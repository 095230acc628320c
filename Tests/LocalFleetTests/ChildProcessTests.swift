import Foundation
import LocalFleet
import Testing

@Suite("A child process")
struct ChildProcessTests {
    let fakes: FakePrograms

    init() throws { fakes = try FakePrograms() }

    @Test("is ready when it says so, and ends well on SIGTERM")
    func readyThenStopped() async throws {
        let child = try await start(fakes.script("a", FakePrograms.obedient), ["x", "y z"])
        #expect(await child.waitUntilReady(within: .seconds(10)) == .ready)
        #expect(await child.waitUntilReady(within: .zero) == .ready, "once ready, always ready")
        #expect(child.status == nil)
        #expect(await child.stop(within: .seconds(10)) == .exited(code: 0))
        #expect(child.lastLines == ["arguments: x y z", "draining"], "the ready line is a signal, not a message")
        #expect(!child.send(signal: SIGTERM), "nobody is there any more")
    }

    @Test("that ends early is told with its status and last words")
    func earlyExit() async throws {
        // What it started holds its pipes open; its last words are there all the same.
        let program = try await fakes.script(
            "a", "sleep 5 & echo one; echo 'no such broker' >&2; printf partial >&2; exit 3")
        let child = try await start(program)
        #expect(await child.waitUntilReady(within: .seconds(10)) == .exited(.exited(code: 3)))
        #expect(Set(child.lastLines) == ["one", "no such broker", "partial"])
    }

    @Test("that never gets ready is given up after the bound")
    func neverReady() async throws {
        let child = try await start(fakes.script("a", "echo nearly ready; sleep 60"))
        #expect(await child.waitUntilReady(within: .milliseconds(50)) == .timedOut)
        await child.stop(within: .seconds(10))
        #expect(!isRunning(child.processID))
    }

    @Test("is not waited for by a cancelled task")
    func cancelledWait() async throws {
        let child = try await start(fakes.script("a", "sleep 60"))
        let waiting = Task { await child.waitUntilReady(within: .seconds(60)) }
        waiting.cancel()
        #expect(await waiting.value == .cancelled)
        await child.stop(within: .zero)
    }

    @Test("that ignores SIGTERM is killed after the bound, with what it started")
    func stubborn() async throws {
        let child = try await start(fakes.script("a", "sleep 60 & echo $! >&2;" + FakePrograms.stubborn))
        #expect(await child.waitUntilReady(within: .seconds(10)) == .ready)
        let grandchild = try await firstNumber(of: child)
        #expect(await child.stop(within: .milliseconds(50)) == .signalled(SIGKILL))
        #expect(try await eventually { !isRunning(grandchild) })
    }

    @Test("that is suspended can be stopped all the same")
    func suspended() async throws {
        let child = try await start(fakes.script("a", FakePrograms.obedient))
        #expect(await child.waitUntilReady(within: .seconds(10)) == .ready)
        child.send(signal: SIGSTOP)
        #expect(await child.stop(within: .seconds(10)) == .exited(code: 0))
    }

    @Test("does not see the settings of another fleet")
    func environment() async throws {
        setenv("ATTN_LOCAL_FLEET_TEST", "mqtt://elsewhere", 1)
        let child = try await start("/bin/sh", ["-c", "env | grep ^ATTN_LOCAL_FLEET_TEST; echo ${PATH:+has a path}"])
        #expect(await child.waitForExit(within: .seconds(10)) == .exited(code: 0))
        #expect(child.lastLines == ["has a path"])
    }

    @Test("whose program is not there is named")
    func missingProgram() async throws {
        let error = await #expect(throws: LocalFleetError.self) { try await start("/nonexistent/program") }
        #expect(error?.code == .system)
        #expect(error?.message.contains("child-1: /nonexistent/program cannot be started") == true)
    }

    @Test("writes what it says to its log")
    func log() async throws {
        let child = try await start(fakes.script("a", "echo one; echo two"), logFolder: fakes.folder)
        #expect(await child.waitForExit(within: .seconds(10)) == .exited(code: 0))
        #expect(try String(contentsOfFile: "\(fakes.folder)/child-1.log", encoding: .utf8) == "one\ntwo\n")
    }

    @Test("started two hundred times leaves no descriptor and no zombie behind")
    func leaksNothing() async throws {
        let program = try await fakes.script("a", "echo ready")
        var processes: [Int32] = []
        for _ in 0..<200 {
            let child = try await start(program)
            _ = await child.waitForExit(within: .seconds(10))
            processes.append(child.processID)
        }
        #expect(processes.allSatisfy { kill($0, 0) != 0 })
        // Other tests run beside this one with a few descriptors each; a leak would leave 400.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        #expect(open < 300)
    }
}
