import Codecs
import Fleet
import Foundation

/// A request on disk.
enum RequestFile {
    /// - Throws: `CommandFailure`, which names the file.
    static func read(_ path: String) throws -> Safetensors {
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        } catch {
            throw CommandFailure("\(path) cannot be read: \(error.localizedDescription)")
        }
        do {
            return try Safetensors(parsing: bytes)
        } catch {
            throw CommandFailure("\(path) is not a safetensors file: \(error.message)")
        }
    }

    /// The ID in the file's metadata, or a new one.
    static func jobID(_ tensors: Safetensors) throws -> JobID {
        let text = tensors.metadata["job"] ?? "attend-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        guard let id = JobID(text) else {
            throw CommandFailure("metadata 'job' is no job ID: it must be \(JobID.rule)")
        }
        return id
    }
}

/// A file that is there whole or not at all.
enum OutputFile {
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}

/// Ends a command with exit status 1 and a message.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
