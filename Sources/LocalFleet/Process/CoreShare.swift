import Foundation

/// Holds processes to a share of one core, by a control group of their own: a worker on a fast machine then has no more time
/// to compute than on a small device.
///
/// Linux's bandwidth control (`cpu.cfs_quota_us`, `cpu.max`), which needs the right to make control groups: root's, or what a
/// service manager has delegated.
final class CoreShare: Sendable {
    private let folder: String

    /// What a quota may be at least, in microseconds.
    private static let leastQuota = 1000.0
    private static let leastPeriod = 10_000.0

    /// - Parameters:
    ///   - name: of the control group; those of one machine differ.
    ///   - share: of one core, 0.001 to 64.
    /// - Throws: `LocalFleetError.system`, which says what is not permitted.
    init(_ name: String, share: Double) throws(LocalFleetError) {
        let hierarchy = try Hierarchy.find()
        folder = "\(hierarchy.root)/\(name)"
        guard mkdir(folder, 0o755) == 0 else {
            throw Self.error("\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        let period = max(Self.leastPeriod, Self.leastQuota / share).rounded()
        let quota = Int((period * share).rounded())
        do {
            for (file, text) in hierarchy.settings(quota: quota, period: Int(period)) {
                try Self.write(text, to: "\(folder)/\(file)")
            }
        } catch {
            rmdir(folder)
            throw error
        }
    }

    /// Moves a process in, with all its threads; children that it starts later are in too.
    func hold(_ process: Int32) throws(LocalFleetError) {
        try Self.write(String(process), to: "\(folder)/cgroup.procs")
    }

    /// Lets its processes have all they want; what cannot be lifted any more has no processes.
    func lift() { try? Hierarchy.find().lift(folder) }

    /// Takes the group away; false while one of its processes has not been buried yet.
    func remove() -> Bool { rmdir(folder) == 0 || errno == ENOENT }

    private static func write(_ text: String, to path: String) throws(LocalFleetError) {
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
            throw Self.error("\(path) cannot be written")
        }
    }

    private static func error(_ reason: String) -> LocalFleetError {
        LocalFleetError(.system, "processes cannot be held to a share of a core here: \(reason)")
    }

    /// Where control groups of the CPU are, and how they are set.
    private enum Hierarchy {
        case version1
        case version2

        static func find() throws(LocalFleetError) -> Hierarchy {
            let manager = FileManager.default
            if manager.isWritableFile(atPath: "/sys/fs/cgroup/cpu/cgroup.procs") { return .version1 }
            guard
                let controllers = try? String(contentsOfFile: "/sys/fs/cgroup/cgroup.subtree_control", encoding: .utf8)
            else { throw CoreShare.error("there are no control groups at /sys/fs/cgroup") }
            guard controllers.split(separator: " ").contains(where: { $0.hasPrefix("cpu") }) else {
                throw CoreShare.error("the control groups at /sys/fs/cgroup do not have the controller cpu")
            }
            guard manager.isWritableFile(atPath: "/sys/fs/cgroup/cgroup.procs") else {
                throw CoreShare.error("that is root's to do")
            }
            return .version2
        }

        var root: String { self == .version1 ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup" }

        func settings(quota: Int, period: Int) -> [(file: String, text: String)] {
            switch self {
            case .version1: [("cpu.cfs_period_us", "\(period)"), ("cpu.cfs_quota_us", "\(quota)")]
            case .version2: [("cpu.max", "\(quota) \(period)")]
            }
        }

        func lift(_ folder: String) throws(LocalFleetError) {
            switch self {
            case .version1: try CoreShare.write("-1", to: "\(folder)/cpu.cfs_quota_us")
            case .version2: try CoreShare.write("max", to: "\(folder)/cpu.max")
            }
        }
    }

    /// Takes away the empty groups of fleets whose process was killed, where this process may.
    static func removeAbandoned(prefix: String, _ isAbandoned: (String) -> Bool) {
        guard let root = try? Hierarchy.find().root,
            let names = try? FileManager.default.contentsOfDirectory(atPath: root)
        else { return }
        for name in names where name.hasPrefix(prefix) && isAbandoned(name) { rmdir("\(root)/\(name)") }
    }
}
