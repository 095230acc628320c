import Codecs
import Fleet
import Foundation

/// A line on the terminal that shows how far a job is; nothing when the standard error is no terminal.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ update: JobAnswer) {
        guard isShown else { return }
        if update.status == .accepted { return show("accepted") }
        let report = update.report?.objectValue
        if report?["event"]?.stringValue == "refused", let wait = report?["retry_after_ms"]?.intValue {
            return show("\(update.errorCode ?? "refused"): once more in \((wait + 999) / 1000) s")
        }
        guard let done = report?["done"]?.intValue, let total = report?["total"]?.intValue else { return }
        show("\(done) of \(total) shards")
    }

    func show(_ text: String) {
        guard isShown else { return }
        // A terminal that is gone must not end the job.
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1b}[2K\(text)".utf8))
    }

    func clear() { show("") }
}
