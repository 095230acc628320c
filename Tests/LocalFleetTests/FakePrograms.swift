import Foundation
import Testing

@testable import LocalFleet

/// A folder of small shell scripts that stand in for programs; removed with this process, since the last test's objects
/// are not always let go before.
final class FakePrograms: Sendable {
    let folder: String

    init() throws {
        folder = "\(Self.parent)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static let parent: String = {
        atexit { try? FileManager.default.removeItem(atPath: FakePrograms.parent) }
        return "\(FileManager.default.temporaryDirectory.path)/attn-fakes-\(getpid())"
    }()

    /// - Returns: the script's path.
    func script(_ name: String, _ body: String) async throws -> String {
        let path = "\(folder)/\(name)"
        let draft = "\(path).draft"
        let isWritten = FileManager.default.createFile(
            atPath: draft, contents: Data("#!/bin/sh\n\(body)\n".utf8), attributes: [.posixPermissions: 0o700])
        try #require(isWritten)
        // By a child: a file that is open for writing cannot be run ("text file busy"), and one that this process
        // writes is open in every child that another test is just starting.
        let copy = try await start("/bin/cp", [draft, path])
        try #require(await copy.waitForExit(within: .seconds(30))?.isSuccess == true)
        return path
    }

    /// Gets ready, then waits for SIGTERM, on which it ends well.
    static let obedient = """
        echo "arguments: $*" >&2
        trap 'echo draining >&2; kill $! 2>/dev/null; exit 0' TERM
        echo ready
        while :; do sleep 5 & wait $!; done
        """

    /// Gets ready and ignores SIGTERM.
    static let stubborn = "trap '' TERM; echo ready; while :; do sleep 5; done"

    /// The `attn` executable of this build.
    static func attn() throws -> String {
        try #require(Executables.sibling("attn"), "the product attn is built beside the tests")
    }
}

/// A child under test.
func start(
    _ program: String, _ arguments: [String] = [], trampoline: String? = nil, logFolder: String? = nil
) async throws -> ChildProcess {
    try await ChildProcess.start(
        ChildLaunch(
            name: "child-1", program: program, arguments: arguments, trampoline: trampoline, logFolder: logFolder))
}

/// The number that a child writes as its first line: its two streams are read each on its own, so that what it
/// wrote before it was ready may come after.
func firstNumber(of child: ChildProcess) async throws -> Int32 {
    #expect(try await eventually { !child.lastLines.isEmpty })
    return try #require(child.lastLines.first.flatMap { Int32($0) })
}

/// Whether a process runs; one that ended and that nobody has reaped does not.
func isRunning(_ processID: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
    else { return false }
    return text[end...].dropFirst(2).first != "Z"
}

/// Waits for a condition, up to 10 s.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
