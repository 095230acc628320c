import Foundation
import Synchronization
import Testing

/// A terminal for a program to write to, and what it wrote.
final class Terminal: Sendable {
    let slave: FileHandle
    private let master: Int32
    private let bytes = Mutex<[UInt8]>([])

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (number, isLocked): (UInt32, Int32) = (0, 0)
        // Glibc's module lacks ptsname(3) and unlockpt(3): these are the requests of ioctl(2) behind them.
        let (getNumber, setLock): (UInt, UInt) = (0x8004_5430, 0x4004_5431)
        try #require(ioctl(master, setLock, &isLocked) == 0 && ioctl(master, getNumber, &number) == 0)
        let file = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(file >= 0)
        slave = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    }

    deinit { close(master) }

    /// All that was written so far. A terminal holds back its writer after a few kilobytes, so look often.
    var text: String {
        bytes.withLock { bytes in
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(master, &chunk, chunk.count)
                guard count > 0 else { break }
                bytes += chunk[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
