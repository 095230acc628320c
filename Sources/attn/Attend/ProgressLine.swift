import Codecs
import Fleet
import Foundation

/// A line on the terminal that shows how far a job is; nothing when the standard error is no terminal.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ update: JobAnswer) {
        guard isShown else { return }
        if update.status == .accepted { return draw("accepted") }
        let report = update.report?.objectValue
        guard let done = report?["done"]?.intValue, let total = report?["total"]?.intValue else { return }
        draw("\(done) of \(total) shards")
    }

    func clear() {
        guard isShown else { return }
        draw("")
    }

    private func draw(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1b}[2K\(text)".utf8))
    }
}
