import Foundation

/// A job's report on disk, or on the standard input.
enum ReportFile {
    /// Of a hundred thousand shards.
    static let mostBytes = 64 << 20

    /// For messages.
    static func name(_ path: String) -> String { path == "-" ? "the standard input" : path }

    /// - Parameter path: `-`: the standard input.
    /// - Throws: `CommandFailure`, which names the file: it cannot be read, or is too large.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let bytes: Data
        do {
            let file =
                try path == "-" ? .standardInput : FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            bytes = try file.read(upToCount: mostBytes + 1) ?? Data()
        } catch {
            throw CommandFailure("\(name(path)) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard bytes.count <= mostBytes else { throw CommandFailure("\(name(path)) is larger than \(mostBytes) bytes") }
        return [UInt8](bytes)
    }
}
