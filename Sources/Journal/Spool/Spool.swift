import Dispatcher
import Glibc

/// A folder of files that are written once, named by the serial number of their job.
///
/// A file appears under its name only when all of it is on the disk.
struct Spool: Sendable {
    let folder: Folder

    /// Writes a file. It is there after a loss of power once `sync` has returned.
    func write(_ contents: [UInt8], serial: Int64) throws(JournalError) {
        let unfinished = folder.file(Self.name(serial) + Self.unfinishedSuffix)
        do throws(JournalError) {
            let file = try FileDescriptor(unfinished, O_WRONLY | O_CREAT | O_TRUNC)
            try file.write(contents)
            try file.sync()
            try JournalError.check("renamed", unfinished) { rename(unfinished, path(serial)) }
        } catch {
            unlink(unfinished)
            throw error
        }
    }

    func sync() throws(JournalError) { try folder.sync() }

    /// - Throws: `.damaged` unless the file holds exactly what was sealed.
    func read(serial: Int64, _ seal: FileSeal) throws(JournalError) -> [UInt8] {
        guard let file = try FileDescriptor.existing(path(serial)) else { throw damaged(serial, "is gone") }
        let length = try file.length()
        guard length == seal.bytes else { throw damaged(serial, "has \(length) bytes instead of \(seal.bytes)") }
        let contents = try file.read(limit: length)
        guard FileSeal(of: contents) == seal else { throw damaged(serial, "does not hold what was written to it") }
        return contents
    }

    /// Removes a file; nothing happens if there is none.
    func remove(serial: Int64) throws(JournalError) { try remove(Self.name(serial)) }

    func remove(_ name: String) throws(JournalError) {
        guard unlink(folder.file(name)) != 0, errno != ENOENT else { return }
        throw JournalError(errno: errno, "removed", folder.file(name))
    }

    /// - Parameter expected: the jobs whose files should be here.
    func inventory(expected: Set<Int64>) throws(JournalError) -> SpoolInventory {
        var inventory = SpoolInventory(missing: expected)
        for name in try folder.names() {
            let stem = name.hasSuffix(Self.unfinishedSuffix) ? String(name.dropLast(Self.unfinishedSuffix.count)) : name
            guard let serial = Int64(stem), Self.name(serial) == stem else {
                inventory.strangers.append(name)
                continue
            }
            if stem == name, inventory.missing.remove(serial) != nil { continue }
            inventory.orphans.append(name)
        }
        return inventory
    }

    func path(_ serial: Int64) -> String { folder.file(Self.name(serial)) }

    private static let unfinishedSuffix = ".unfinished"

    private static func name(_ serial: Int64) -> String { String(serial) }

    private func damaged(_ serial: Int64, _ reason: String) -> JournalError {
        JournalError(
            .damaged,
            "\(path(serial)) \(reason); its job cannot go on: submit it again under another ID, and check the disk")
    }
}
