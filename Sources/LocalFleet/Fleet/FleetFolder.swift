import Foundation
import Synchronization

/// A folder of this process's own for what a fleet writes: the broker's configuration and the logs.
///
/// A lock in it is held while its owner lives. A process that was killed leaves its folder behind; the next one
/// to make a folder finds it unlocked and removes it.
final class FleetFolder: Sendable {
    let path: String
    private let lock: CInt
    private let isRemoved = Mutex(false)

    static let prefix = "attn-fleet-"
    private static let unlockedPrefix = "attn-new-fleet-"
    private static let lockName = "lock"

    /// - Throws: `LocalFleetError` with code `.system`.
    init() throws(LocalFleetError) {
        let parent = FileManager.default.temporaryDirectory.path
        Self.removeAbandoned(in: parent)
        // Under a name that nobody looks for until it is locked.
        var template = Array("\(parent)/\(Self.unlockedPrefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LocalFleetError(.system, "no folder in \(parent): \(String(cString: strerror(errno)))")
        }
        let unlocked = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(parent)/\(Self.prefix)\(unlocked.suffix(6))"
        lock = open("\(unlocked)/\(Self.lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, rename(unlocked, path) == 0 else {
            let reason = String(cString: strerror(errno))
            if lock >= 0 { close(lock) }
            // Why there is no folder is told, and not that an empty one is left.
            try? FileManager.default.removeItem(atPath: unlocked)
            isRemoved.withLock { $0 = true }
            throw LocalFleetError(.system, "no folder \(path): \(reason)")
        }
        Self.live.withLock { $0.append(path) }
    }

    var name: String { URL(fileURLWithPath: path).lastPathComponent }

    /// Whether the folder is gone whose name another name begins with.
    static func isAbandoned(_ name: String) -> Bool {
        let folder = String(name.prefix(prefix.utf8.count + 6))
        return !FileManager.default.fileExists(atPath: FileManager.default.temporaryDirectory.path + "/" + folder)
    }

    deinit { remove() }

    /// Removes the folder, once.
    func remove() {
        let isFirst = isRemoved.withLock { isRemoved in
            defer { isRemoved = true }
            return !isRemoved
        }
        guard isFirst else { return }
        // What cannot be removed, a later fleet tries to again: it is no longer locked.
        try? FileManager.default.removeItem(atPath: path)
        close(lock)
        Self.live.withLock { $0.removeAll { $0 == path } }
    }

    /// Removes every folder of this process.
    static func removeAll() {
        for path in live.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let live = Mutex<[String]>([])

    /// As far as that can be done: none of it is this process's own.
    private static func removeAbandoned(in parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let path = "\(parent)/\(name)"
            // Without a lock file it is just being made, or somebody else's.
            let lock = open("\(path)/\(lockName)", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard lock >= 0 else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
            close(lock)
        }
    }
}
