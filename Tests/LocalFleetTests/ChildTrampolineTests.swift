import Foundation
import LocalFleet
import Testing

@Suite("A child behind the trampoline")
struct ChildTrampolineTests {
    let fakes: FakePrograms
    let attn: String

    init() throws {
        fakes = try FakePrograms()
        attn = try FakePrograms.attn()
    }

    @Test("dies with a parent that is killed")
    func diesWithParent() async throws {
        // A shell is the parent; its child writes its own process number, which the trampoline keeps.
        let child = "\(attn) run-child $$ -- /bin/sh -c 'echo $$ >&2; echo ready; exec sleep 60'"
        let parent = try await start(fakes.script("parent", "\(child) & wait"))
        #expect(await parent.waitUntilReady(within: .seconds(10)) == .ready)
        let processID = try await firstNumber(of: parent)
        #expect(isRunning(processID))
        parent.send(signal: SIGKILL)
        #expect(try await eventually { !isRunning(processID) })
    }

    @Test("is not started when its parent is gone already")
    func parentGone() async throws {
        let other = try await start(attn, ["run-child", "1", "--", "/bin/echo", "started"])
        #expect(await other.waitForExit(within: .seconds(10)) == .exited(code: 1))
        #expect(other.lastLines.contains { $0.contains("process 1 is gone") })
    }

    @Test("gets its signals: none is blocked or ignored")
    func signals() async throws {
        let child = try await start(fakes.script("a", FakePrograms.obedient), trampoline: attn)
        #expect(await child.waitUntilReady(within: .seconds(10)) == .ready)
        #expect(await child.stop(within: .seconds(10)) == .exited(code: 0))
    }

    @Test("inherits no descriptor but the standard three")
    func descriptors() async throws {
        let leaked = open("/dev/null", O_RDONLY)
        let high = fcntl(leaked, F_DUPFD, 500)
        #expect(high >= 500)
        defer { [leaked, high].forEach { close($0) } }
        let child = try await start("/bin/ls", ["/proc/self/fd"], trampoline: attn)
        #expect(await child.waitForExit(within: .seconds(10)) == .exited(code: 0))
        #expect(child.lastLines == ["0", "1", "2", "3"], "3 is the folder that ls reads")
    }

    @Test("passes its program's arguments through unread")
    func arguments() async throws {
        let child = try await start("/bin/echo", ["--help", "--", "-x", ""], trampoline: attn)
        #expect(await child.waitForExit(within: .seconds(10)) == .exited(code: 0))
        #expect(child.lastLines == ["--help -- -x "])
    }

    @Test("says so when its program cannot be run")
    func missingProgram() async throws {
        let child = try await start("/nonexistent/program", trampoline: attn)
        #expect(await child.waitForExit(within: .seconds(10)) == .exited(code: 1))
        #expect(child.lastLines.contains { $0.contains("/nonexistent/program: cannot be run: No such file") })
    }
}
