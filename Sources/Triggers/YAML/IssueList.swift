import Yams

/// Collects what is wrong with a file while it is read, so that one look at it tells all.
final class IssueList {
    let file: String
    private(set) var issues: [TriggerFileError.Issue] = []

    init(file: String) { self.file = file }

    func note(_ reason: String, at mark: Mark?) {
        issues.append(
            TriggerFileError.Issue(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, reason: reason))
    }

    /// - Throws: if anything was noted.
    func check() throws(TriggerFileError) {
        guard issues.isEmpty else {
            throw TriggerFileError(issues: issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
        }
    }
}
