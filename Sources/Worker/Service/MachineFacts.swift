import Glibc

/// What a worker tells of the machine it runs on.
enum MachineFacts {
    /// Physical memory in bytes.
    static var memory: UInt64 {
        UInt64(max(sysconf(Int32(_SC_PHYS_PAGES)), 0)) * pageSize
    }

    /// This process' resident memory in bytes; 0 if the system does not say.
    static var residentMemory: UInt64 {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
        return pages * pageSize
    }

    /// The load average over one minute; 0 if the system does not say.
    static var load: Double {
        var average = 0.0
        return getloadavg(&average, 1) == 1 ? average : 0
    }

    private static var pageSize: UInt64 { UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 0)) }
}
