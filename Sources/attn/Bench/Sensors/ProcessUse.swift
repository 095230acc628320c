import Foundation

/// What a process has used, as the kernel tells (proc(5)).
struct ProcessUse: Sendable {
    /// Of processors, in all its life.
    let seconds: Double
    let residentBytes: Int

    /// Nil if the process is gone.
    init?(of process: Int32) {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let memory = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
            let pages = memory.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        // The name, in brackets, may hold anything; user and system time are the 14th and 15th field.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        seconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
