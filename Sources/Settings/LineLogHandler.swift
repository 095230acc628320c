import Codecs
import Glibc
public import Logging

/// Logs to the standard error, one line an event: for people, or as JSON for collectors.
///
///     2026-11-22T21:00:00.123Z info worker-1: draining held=2
public struct LineLogHandler: LogHandler {
    public enum Format: String, Sendable {
        case text
        case json
    }

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: Format

    public init(label: String, level: Logger.Level, format: Format) {
        self.label = label
        self.format = format
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let line = line(event.level, "\(event.message)", fields)
        // One call a line, so that lines of several threads do not mix.
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    func line(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
        switch format {
        case .text:
            let tail = fields.map { " \($0)=\(Self.quoted($1))" }.joined()
            return "\(Self.timestamp()) \(level) \(label): \(Self.singleLine(message))\(tail)"
        case .json:
            var json: JSON.Object = [
                "time": .string(Self.timestamp()), "level": .string(level.rawValue), "source": .string(label),
                "message": .string(message),
            ]
            for (key, value) in fields where json[key] == nil { json[key] = .string(value) }
            return JSON.object(json).text()
        }
    }

    /// Texts from the wire must not be able to forge a line.
    private static func singleLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }

    private static func quoted(_ text: String) -> String {
        let line = singleLine(text)
        guard line.isEmpty || line.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return line }
        return "\"\(String(line.map { $0 == "\"" ? "'" : $0 }))\""
    }

    /// UTC, to the millisecond, RFC 3339.
    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(Int(parts.tm_year) + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
    }
}
