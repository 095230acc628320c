internal import Synchronization

/// The last error lines that libmosquitto logged. Its log callback may run on any thread.
final class ErrorLog: Sendable {
    private static let capacity = 8
    private let content = Mutex<[String]>([])

    var lines: [String] { content.withLock { $0 } }

    func append(_ line: String) {
        content.withLock { if $0.count < Self.capacity, !$0.contains(line) { $0.append(line) } }
    }
}
