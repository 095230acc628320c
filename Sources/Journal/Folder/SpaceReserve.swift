import Dispatcher
import Glibc

/// Room on the disk kept for the day when it is full: forgetting a job writes a little before it frees more.
struct SpaceReserve: Sendable {
    let path: String

    /// Some dozens of pages of the database and of its log.
    private static let bytes: off_t = 256 << 10

    /// Takes the room, unless it is taken.
    func hold() throws(JournalError) {
        let file = try FileDescriptor(path, O_WRONLY | O_CREAT)
        let code = posix_fallocate(file.number, 0, Self.bytes)
        guard code == 0 else {
            unlink(path)
            throw JournalError(errno: code, "filled", path)
        }
    }

    func release() { unlink(path) }
}
