import Foundation
import Settings
import Testing

@testable import attn_worker

@Suite("The documented settings")
struct DocumentedSettingsTests {
    /// A row of the table in config/README.md: `| keys | of | value, and what holds without it |`.
    private struct Row {
        let keys: [String]
        let isOfWorkers: Bool
        let hasFlag: Bool
    }

    private static func rows() throws -> [Row] {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: project.appendingPathComponent("config/README.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, ["both", "worker", "dispatcher"].contains(cells[1]) else { return nil }
            let keys = cells[0].split(separator: ",").map { $0.trimmingCharacters(in: ["`", " "]) }
            return Row(keys: keys, isOfWorkers: cells[1] != "dispatcher", hasFlag: !cells[2].contains("(no flag)"))
        }
    }

    @Test("of a worker are those it reads, and have a flag where they should")
    func worker() throws {
        let rows = try Self.rows().filter(\.isOfWorkers)
        #expect(!rows.isEmpty)
        // `config` names the file, and so is no setting in one.
        let flags = CommandManual.worker.flags.filter { $0 != .config }.map(\.key)
        #expect(Set(flags) == Set(rows.filter(\.hasFlag).flatMap(\.keys)))
        #expect(Set(flags).union(WorkerCommand.keys) == Set(rows.flatMap(\.keys)))
    }

    @Test("of a worker fit a terminal of 80 characters")
    func page() {
        #expect(CommandManual.worker.page(width: 80).split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
