import Dispatcher
import Glibc

/// An open file, closed with its owner.
struct FileDescriptor: ~Copyable, Sendable {
    let number: CInt
    let path: String

    /// Opens it; makes it, readable by this user only, where the flags say so.
    init(_ path: String, _ flags: CInt) throws(JournalError) {
        number = try JournalError.check("opened", path) { open(path, flags | O_CLOEXEC, 0o600) }
        self.path = path
    }

    /// Opens it for reading; nil if it is absent.
    static func existing(_ path: String) throws(JournalError) -> FileDescriptor? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        if number < 0, errno == ENOENT { return nil }
        guard number >= 0 else { throw JournalError(errno: errno, "opened", path) }
        return FileDescriptor(number: number, path: path)
    }

    private init(number: CInt, path: String) {
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    func write(_ bytes: [UInt8]) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            written += try JournalError.check("written", path) {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress! + written, bytes.count - written) }
            }
        }
    }

    /// - Parameter limit: no more than this many bytes are read.
    func read(limit: Int) throws(JournalError) -> [UInt8] {
        var length = 0
        var failure: JournalError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(JournalError) {
                while length < limit {
                    let got = try JournalError.check("read", path) {
                        Glibc.read(number, buffer.baseAddress! + length, limit - length)
                    }
                    if got == 0 { break }
                    length += got
                }
            } catch {
                failure = error
            }
            count = length
        }
        if let failure { throw failure }
        return bytes
    }

    func sync() throws(JournalError) {
        try JournalError.check("synced", path) { fsync(number) }
    }

    /// How many bytes it has.
    func length() throws(JournalError) -> Int {
        var status = stat()
        try JournalError.check("examined", path) { fstat(number, &status) }
        return Int(status.st_size)
    }
}
