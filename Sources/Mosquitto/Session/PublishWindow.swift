internal import Fleet

/// Bounds what is handed over and not yet settled, in bytes and in messages; callers above it wait in line.
///
/// libmosquitto's own queue has no bound. One message is always let in, however large, when nothing else is out.
struct PublishWindow {
    struct Caller: Equatable {
        let id: UInt64
        let bytes: Int
        let qos: QoS
    }

    /// Packet identifiers have 16 bits; with this many out at most, one is not given twice.
    static let maximumMessages = 16_384

    let maximumBytes: Int
    private(set) var bytes = 0
    private(set) var messages = 0
    private(set) var waiting: [Caller] = []

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Takes room at once, unless there is none or others wait for it already.
    mutating func enter(_ bytes: Int) -> Bool {
        guard waiting.isEmpty, fits(bytes) else { return false }
        take(bytes)
        return true
    }

    /// Takes room without asking, for what must not wait.
    mutating func enterRegardless(_ bytes: Int) { take(bytes) }

    mutating func wait(_ caller: Caller) { waiting.append(caller) }

    /// Gives room back, and takes it for those who waited and now fit, first come first served.
    ///
    /// - Returns: the callers let in.
    mutating func leave(_ bytes: Int) -> [UInt64] {
        self.bytes -= bytes
        messages -= 1
        return letIn()
    }

    /// Takes callers out of the line, who will not get in.
    ///
    /// - Returns: those taken out, and those behind them who now got in.
    mutating func withdraw(where leaves: (Caller) -> Bool) -> (withdrawn: [UInt64], admitted: [UInt64]) {
        let withdrawn = waiting.filter(leaves).map(\.id)
        waiting.removeAll(where: leaves)
        return (withdrawn, letIn())
    }

    private mutating func letIn() -> [UInt64] {
        var count = 0
        while count < waiting.count, fits(waiting[count].bytes) {
            take(waiting[count].bytes)
            count += 1
        }
        defer { waiting.removeFirst(count) }
        return waiting[..<count].map(\.id)
    }

    private func fits(_ bytes: Int) -> Bool {
        messages == 0 || (messages < Self.maximumMessages && bytes <= maximumBytes - self.bytes)
    }

    private mutating func take(_ bytes: Int) {
        self.bytes += bytes
        messages += 1
    }
}
