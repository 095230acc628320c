import Foundation

/// What one child wrote, in a file of bounded size.
///
/// Above half its bound the file is renamed to `NAME.1` and begun anew, so that a fleet left up for weeks does not
/// fill the disk. What cannot be written is given up: a full disk must not stop a child.
struct LogFile: ~Copyable {
    private let path: String
    private let limit: Int
    private var descriptor: CInt
    private var size = 0

    /// - Throws: `LocalFleetError` with code `.system` if the file cannot be created.
    init(path: String, limit: Int = 16 << 20) throws(LocalFleetError) {
        self.path = path
        self.limit = limit
        descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw LocalFleetError(.system, "log file \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if size > 0, size + bytes.count > limit / 2 { rotate() }
        guard descriptor >= 0, let base = bytes.baseAddress else { return }
        size += max(0, write(descriptor, base, bytes.count))
    }

    private mutating func rotate() {
        close(descriptor)
        rename(path, path + ".1")
        descriptor = Self.open(path)
        size = 0
    }

    private static func open(_ path: String) -> CInt {
        Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }
}
