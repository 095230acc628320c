import Foundation

/// What a process has in memory, as the kernel tells (proc(5)).
enum ResidentMemory {
    /// 0 if the process is gone.
    static func bytes(of process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
