import Foundation
import Synchronization

/// A file that is there whole or not at all: written under another name beside it, then renamed.
///
/// What is no regular file, such as a named pipe, is written to as it is; `-` is the standard output.
struct OutputFile {
    private let path: String
    private let isRegular: Bool
    private let isStandardOutput: Bool

    /// Unfinished files; nil once the program is about to end and none may be begun.
    private static let unfinished = Mutex<Set<String>?>([])

    /// Looks whether the file could be written, so that no job is computed for nothing.
    /// - Throws: `CommandFailure`, which names the file and the reason.
    init(_ path: String) throws(CommandFailure) {
        isStandardOutput = path == "-"
        guard !isStandardOutput else {
            (self.path, isRegular) = ("the standard output", false)
            return
        }
        var status = stat()
        let exists = stat(path, &status) == 0
        guard !exists || status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure("\(path) cannot be written: it is a folder")
        }
        isRegular = !exists || status.st_mode & S_IFMT == S_IFREG
        // A symbolic link stays one: the file that it points to is replaced.
        self.path = exists && isRegular ? URL(fileURLWithPath: path).resolvingSymlinksInPath().path : path
        let folder = Self.folder(of: self.path)
        guard !isRegular || access(folder, W_OK | X_OK) == 0 else {
            throw CommandFailure("\(path) cannot be written: folder \(folder): \(String(cString: strerror(errno)))")
        }
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        guard !isStandardOutput else { return try fill(dup(STDOUT_FILENO), bytes) }
        guard isRegular else { return try fill(try open(path, O_WRONLY), bytes) }
        let partial = "\(path).partial-\(getpid())"
        let file = try Self.unfinished.withLock { unfinished throws(CommandFailure) in
            guard unfinished != nil else { throw CommandFailure("\(path) is not written: interrupted") }
            let file = try open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
            unfinished?.insert(partial)
            return file
        }
        defer { Self.unfinished.withLock { _ = $0?.remove(partial) } }
        do throws(CommandFailure) {
            try fill(file, bytes)
            guard rename(partial, path) == 0 else { throw failure() }
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Removes what is unfinished, for who is about to exit.
    static func removeUnfinished() {
        unfinished.withLock { unfinished in
            unfinished?.forEach { unlink($0) }
            unfinished = nil
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func open(_ path: String, _ flags: Int32) throws(CommandFailure) -> Int32 {
        let file = Foundation.open(path, flags, 0o666)
        guard file >= 0 else { throw failure() }
        return file
    }

    /// Writes all bytes and closes the file.
    private func fill(_ file: Int32, _ bytes: [UInt8]) throws(CommandFailure) {
        let isWritten = bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Foundation.write(file, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
        guard isWritten else {
            let failure = failure()
            close(file)
            throw failure
        }
        // Some file systems tell of a full disk only now.
        guard close(file) == 0 else { throw failure() }
    }

    private func failure() -> CommandFailure {
        CommandFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
