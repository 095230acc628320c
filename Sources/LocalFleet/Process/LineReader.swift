/// Cuts a stream of bytes into lines.
///
/// A line longer than the bound is cut there, so that a child that writes no line ends cannot grow this process.
struct LineReader {
    private let limit: Int
    private var partial: [UInt8] = []

    init(limit: Int = 8192) {
        self.limit = limit
    }

    /// The lines that these bytes complete, without their ends; bytes that are not UTF-8 are shown as U+FFFD.
    mutating func lines(appending bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") { partial.append(byte) }
            if byte == UInt8(ascii: "\n") || partial.count == limit { lines.append(takePartial()) }
        }
        return lines
    }

    /// The last line, if the stream ended without a line end.
    mutating func finish() -> String? {
        partial.isEmpty ? nil : takePartial()
    }

    private mutating func takePartial() -> String {
        defer { partial.removeAll(keepingCapacity: true) }
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        return String(decoding: partial, as: UTF8.self)
    }
}
