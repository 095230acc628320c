import Foundation

/// Processes of this machine, as proc(5) shows them.
enum RunningProcesses {
    /// Those whose environment holds a variable, `NAME=VALUE`. One that has ended and is not reaped yet has none any more.
    static func all(with variable: String) -> [Int32] {
        let wanted = Data(variable.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { id in
            FileManager.default.contents(atPath: "/proc/\(id)/environ")?.split(separator: 0).contains(wanted) ?? false
        }
    }
}
