import Foundation

/// The program `journal-crash` at work, to be killed.
final class CrashVictim {
    private let process = Process()
    private let output: FileHandle
    private var buffer: [UInt8] = []

    init(folder: String, seed: UInt64) throws {
        let ownPath = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: ownPath).deletingLastPathComponent().appending(
            path: "journal-crash")
        process.arguments = [folder, String(seed)]
        let pipe = Pipe()
        process.standardOutput = pipe
        output = pipe.fileHandleForReading
        try process.run()
    }

    deinit { if process.isRunning { Foundation.kill(processID, SIGKILL) } }

    var processID: Int32 { process.processIdentifier }

    /// The next line it writes; nil at the end of its output.
    func nextLine() -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            guard readMore() else { return nil }
        }
    }

    /// Not by `FileHandle`, which traps where a signal interrupts.
    private func readMore() -> Bool {
        var piece = [UInt8](repeating: 0, count: 4096)
        var count = -1
        repeat { count = read(output.fileDescriptor, &piece, piece.count) } while count < 0 && errno == EINTR
        buffer += piece.prefix(max(count, 0))
        return count > 0
    }

    /// Kills it with SIGKILL, and returns the lines that it had written.
    func kill() -> [String] {
        Foundation.kill(processID, SIGKILL)
        var lines: [String] = []
        while let line = nextLine() { lines.append(line) }
        process.waitUntilExit()
        return lines
    }
}
