import Dispatcher
import Logging

/// The files of one transaction: those it has written, to go if it fails, and those to go if it succeeds.
struct FileChanges {
    enum Kind { case requests, answers }

    private typealias Entry = (kind: Kind, serial: Int64)

    private let folder: JournalFolder
    private var written: [Entry] = []
    private var unneeded: [Entry] = []

    init(_ folder: JournalFolder) { self.folder = folder }

    mutating func write(_ contents: [UInt8], to kind: Kind, _ serial: Int64) throws(JournalError) {
        try spool(kind).write(contents, serial: serial)
        written.append((kind, serial))
    }

    /// To be called before the rows are committed: a row never names a file that a loss of power could take.
    func sync() throws(JournalError) {
        for kind in [Kind.requests, .answers] where written.contains(where: { $0.kind == kind }) {
            try spool(kind).sync()
        }
    }

    mutating func remove(from kind: Kind, _ serial: Int64) { unneeded.append((kind, serial)) }

    /// The transaction stands.
    func finish(_ logger: Logger) { remove(unneeded, logger) }

    /// The transaction failed.
    func undo(_ logger: Logger) { remove(written, logger) }

    /// A file that stays harms nobody: no row names it, and the next opening removes it.
    private func remove(_ entries: [Entry], _ logger: Logger) {
        for (kind, serial) in entries {
            do throws(JournalError) {
                try spool(kind).remove(serial: serial)
            } catch {
                logger.warning("a file that is not needed any more stays", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func spool(_ kind: Kind) -> Spool {
        switch kind {
        case .requests: folder.requests
        case .answers: folder.answers
        }
    }
}
