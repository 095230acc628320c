import Foundation
import LocalFleet
import Testing

/// One of the built executables, running as a user would start it: in a folder of its own, without any setting in the
/// environment but those given, its output going to files.
final class Program: Sendable {
    struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number after a signal, as a shell gives it.
        let status: Int32
        let output: String
        let error: String
    }

    let folder: Folder
    let processID: Int32
    /// In the environment of this program and of all that it starts, and of nothing else.
    let mark: String
    private let process: Process
    private let outputPath: String
    private let errorPath: String

    /// - Parameters:
    ///   - name: an executable of this package, or a path.
    ///   - terminal: what its output goes to instead of files.
    init(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], in folder: Folder,
        terminal: Terminal? = nil
    ) throws {
        self.folder = folder
        let id = UUID().uuidString
        mark = "PROGRAM_MARK=\(id)"
        (outputPath, errorPath) = (folder.hidden("\(id).out"), folder.hidden("\(id).err"))
        process = Process()
        process.executableURL = URL(
            fileURLWithPath: name.contains("/") ? name : try #require(Executables.sibling(name)))
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        var variables = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("ATTN_") && $0.key != "NO_COLOR"
        }
        variables["PROGRAM_MARK"] = id
        process.environment = variables.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try terminal?.slave ?? Self.file(outputPath)
        process.standardError = try terminal?.slave ?? Self.file(errorPath)
        try process.run()
        processID = process.processIdentifier
    }

    /// Runs a program to its end.
    static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], in folder: Folder,
        terminal: Terminal? = nil
    ) async throws -> Outcome {
        try await Program(name, arguments, environment: environment, in: folder, terminal: terminal).outcome()
    }

    var output: String { Self.text(outputPath) }

    var error: String { Self.text(errorPath) }

    func send(_ signal: Int32) {
        if process.isRunning { kill(processID, signal) }
    }

    /// Waits until it has ended; past the bound it is killed, and the test has failed.
    func outcome(within bound: Duration = .seconds(30)) async throws -> Outcome {
        try await eventually("\(process.arguments ?? []) ends; \(error)", within: bound) { !process.isRunning }
        if process.isRunning { send(SIGKILL) }
        process.waitUntilExit()
        let status = process.terminationStatus
        return Outcome(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: output, error: error)
    }

    /// Waits for a line on the standard output that begins like this, and returns the rest of it.
    func lineOfOutput(after prefix: String) async throws -> String {
        var found: Substring?
        try await eventually("'\(prefix)' on the standard output; \(error)") {
            found = output.split(separator: "\n").first { $0.hasPrefix(prefix) }
            return found != nil || !process.isRunning
        }
        return String(try #require(found, "\(error)").dropFirst(prefix.count))
    }

    /// Waits until the standard error holds a text.
    func says(_ text: String) async throws {
        try await eventually("'\(text)' on the standard error: \(error)") { error.contains(text) || !process.isRunning }
        #expect(error.contains(text))
    }

    /// Waits until it and all that it started, directly or not, have ended.
    func expectNothingLeft() async throws {
        try await eventually("nothing is left of \(process.arguments ?? [])", within: .seconds(10)) {
            RunningProcesses.all(with: mark).isEmpty
        }
    }

    private static func file(_ path: String) throws -> FileHandle {
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        return try #require(FileHandle(forWritingAtPath: path))
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// Runs `body` while a program runs, which is killed at the end if it has not ended by then.
func withProgram<Result>(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], in folder: Folder,
    isolation: isolated (any Actor)? = #isolation, _ body: (Program) async throws -> Result
) async throws -> Result {
    let program = try Program(name, arguments, environment: environment, in: folder)
    defer { program.send(SIGKILL) }
    return try await body(program)
}
