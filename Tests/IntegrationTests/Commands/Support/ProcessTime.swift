import Foundation
import Testing

/// How long a process has computed.
enum ProcessTime {
    static func ofProcess(_ id: Int32) throws -> Duration {
        let text = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        // Behind the name, which may hold anything and ends with the last ')': utime and stime are the 12th and 13th
        // (proc(5) counts them as 14 and 15), in ticks of 10 ms.
        let fields = try #require(text.split(separator: ")").last).split(separator: " ")
        let ticks = fields[11...12].compactMap { Int($0) }.reduce(0, +)
        return .milliseconds(10 * ticks)
    }
}
