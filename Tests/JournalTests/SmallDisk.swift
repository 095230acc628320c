import Foundation
import Glibc
import Testing

/// A file system of its own in memory, of a few hundred kilobytes, to be filled.
struct SmallDisk {
    let path: String

    /// Whether this process may mount one.
    static let isAvailable: Bool = {
        do {
            try SmallDisk(64).unmount()
            return true
        } catch {
            return false
        }
    }()

    static func with(
        kilobytes: Int, isolation: isolated (any Actor)? = #isolation, _ body: (SmallDisk) async throws -> Void
    ) async throws {
        let disk = try SmallDisk(kilobytes)
        defer { disk.unmount() }
        try await body(disk)
    }

    private init(_ kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/attn-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
            let code = errno
            rmdir(path)
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EPERM)
        }
    }

    /// Writes until not a byte more fits.
    func fill() throws {
        let file = open("\(path)/ballast", O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        try #require(file >= 0)
        _ = lseek(file, 0, SEEK_END)
        let piece = [UInt8](repeating: 1, count: 4096)
        while write(file, piece, piece.count) > 0 {}
        try #require(errno == ENOSPC)
    }

    func makeRoom() { unlink("\(path)/ballast") }

    /// A process that another test is about to start has this one's files open until it is what it is to be, and so long the
    /// kernel calls the disk busy.
    func forbidWriting() async throws {
        let flags = UInt(MS_REMOUNT | MS_RDONLY)
        let end = ContinuousClock.now + .seconds(30)
        while mount("tmpfs", path, "tmpfs", flags, nil) != 0 {
            try #require(errno == EBUSY && .now < end, "errno \(errno)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func unmount() {
        umount2(path, CInt(MNT_DETACH))
        rmdir(path)
    }
}
