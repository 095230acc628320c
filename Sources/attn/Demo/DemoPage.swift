import Codecs
import Demo
import Foundation

/// How the demo looks: colours on a terminal, plain text elsewhere and with `NO_COLOR`.
struct DemoPage: Sendable {
    let palette = Palette(
        isColoured: isatty(STDOUT_FILENO) == 1 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty)

    /// Whether nothing is written: a program reads what the command prints.
    let isQuiet: Bool

    init(isQuiet: Bool = false) { self.isQuiet = isQuiet }

    func title(_ text: String) { write("\n" + styled(text, .bold)) }

    func line(_ text: String) { write("  " + text) }

    private func write(_ text: String) { if !isQuiet { Console.print(text) } }

    func warn(_ text: String) { line(styled(text, .red)) }

    /// A paragraph, folded.
    func quote(_ text: String) {
        var current = ""
        for word in text.split(separator: " ") {
            if current.count + word.count > 96 {
                line(styled(current, .dim))
                current = ""
            }
            current += (current.isEmpty ? "" : " ") + word
        }
        line(styled(current, .dim))
    }

    func show(_ progress: DemoProgress) {
        switch progress {
        case .done(let shard, let done, let total):
            let attempt = shard.attempt > 1 ? styled("  attempt \(shard.attempt)", .green) : ""
            line(
                "\(bar(done, total)) shard \(pad(shard.index, 2))  \(shard.heads.padded(12))\(shard.worker)  "
                    + "computed in \(milliseconds(shard.compute)), done at \(milliseconds(shard.done))\(attempt)")
        case .retried(let shard, let reason, let at):
            warn("retry: shard \(shard) goes to another worker at \(milliseconds(at)): \(reason)")
        }
    }

    func conclude(_ report: JSON?, difference: Float) {
        let report = report?.objectValue
        let workers = (report?["workers"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
        let retries = report?["retries"]?.arrayValue?.count ?? 0
        line(
            styled("done", .green) + " in \(milliseconds(report?["elapsed_ms"]?.doubleValue ?? 0)) by \(workers); "
                + "\(retries == 1 ? "1 retry" : "\(retries) retries"); \(megabytes(report?["bytes_sent"])) sent, "
                + "\(megabytes(report?["bytes_received"])) received")
        line("largest difference from PyTorch's answer: \(String(format: "%.2g", difference))")
    }

    private func bar(_ done: Int, _ total: Int) -> String {
        "[" + String(repeating: "#", count: done) + String(repeating: ".", count: total - done) + "]"
    }

    private func styled(_ text: String, _ style: Palette.Style) -> String { palette.styled(text, style) }

    private func milliseconds(_ value: Double) -> String { String(format: "%.1f ms", value) }

    private func megabytes(_ bytes: JSON?) -> String {
        String(format: "%.1f MB", (bytes?.doubleValue ?? 0) / 1e6)
    }

    private func pad(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
