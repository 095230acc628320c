import Codecs
import Fleet
import Foundation

/// A request on disk.
enum RequestFile {
    /// - Throws: `CommandFailure`, which names the file.
    static func read(_ path: String) throws(CommandFailure) -> Safetensors {
        let bytes = try bytes(path)
        do throws(SafetensorsError) {
            return try Safetensors(parsing: bytes)
        } catch {
            throw CommandFailure("\(path) is not a safetensors file: \(error.message)")
        }
    }

    /// The ID given, or the one in the file's metadata, or a new one.
    static func jobID(_ tensors: Safetensors, given: String?) throws(CommandFailure) -> JobID {
        let text = given ?? tensors.metadata["job"] ?? "attend-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        guard let id = JobID(text) else {
            throw CommandFailure("\(given == nil ? "metadata 'job'" : "--job") is no job ID: it must be \(JobID.rule)")
        }
        return id
    }

    /// - Throws: `CommandFailure`, which names the file and the reason.
    static func bytes(_ path: String) throws(CommandFailure) -> [UInt8] {
        // Foundation's errors do not say why.
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure("\(path) cannot be read: it is a folder")
        }
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        } catch {
            throw CommandFailure("\(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
