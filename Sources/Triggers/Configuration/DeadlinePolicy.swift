/// What becomes of a window whose deadline passes before its answer is there.
public enum DeadlinePolicy: String, Sendable, CaseIterable {
    /// Nothing is published, then or later.
    case drop
    /// The answer is published whenever it comes, with the status `late`.
    case publishLate = "publish_late"
    /// At the deadline what is known is published, with the status `partial` and `null` for the rest; a later answer is not.
    case publishPartial = "publish_partial"
}
