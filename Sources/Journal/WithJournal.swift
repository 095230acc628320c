public import Dispatcher
public import Logging

/// Opens the journal in a folder for as long as `body` runs, making the folder where it is absent.
///
/// No other process can have it meanwhile. When `body` ends, however it does, calls still waiting are made durable,
/// and the files closed. `body` lets nothing use the journal after itself: such calls do nothing and throw.
///
/// - Parameters:
///   - now: the time of the beginning of this life, from which its epoch is taken.
///   - body: works with the journal and with what it held at the opening.
/// - Throws: `JournalError` with code `.locked`, `.damaged`, `.newer`, `.full` or `.io` if it cannot be opened:
///   nothing is then repaired, and nothing removed; what `body` throws.
public func withJournal<R>(
    in folder: String, now: WallTime, logger: Logger, isolation: isolated (any Actor)? = #isolation,
    _ body: (Journal, JournalContents) async throws -> R
) async throws -> R {
    let opening = JournalOpening(folder: JournalFolder(folder), logger: logger)
    let opened = try await BlockingQueue(label: "attn.journal.opening").run { () throws(JournalError) in
        try opening.open(at: now)
    }
    let journal = Journal(opened, opening.folder, logger: logger)
    do {
        let result = try await body(journal, opened.contents)
        await journal.close()
        return result
    } catch {
        await journal.close()
        throw error
    }
}
