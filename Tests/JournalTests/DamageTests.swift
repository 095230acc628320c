import Dispatcher
import Fleet
import Foundation
import GRDB
import Testing

@testable import Journal

@Suite struct DamageTests {
    private let ids = (0..<40).map { JobID("job-\($0)")! }

    /// A journal that was closed in good order, with running jobs and ended ones.
    private func withFilledJournal(_ body: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await withTestJournal(folder) { journal, _ in try await fill(journal) }
            try await body(folder)
        }
    }

    private func fill(_ journal: Journal) async throws {
        for id in ids {
            try await journal.store(job(id.text, requestBytes: 50), request: bytes(50))
        }
        for id in ids.prefix(10) { try await journal.end(id, answer: bytes(60), keepUntil: .init(microseconds: 9)) }
    }

    /// A journal as a kill leaves it: with everything still in the write-ahead log.
    private func withKilledJournal(_ body: (String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let copy = "\(folder)/copy"
            try await withTestJournal("\(folder)/journal") { journal, _ in
                try await fill(journal)
                try FileManager.default.copyItem(atPath: "\(folder)/journal", toPath: copy)
            }
            try FileManager.default.removeItem(atPath: "\(copy)/journal.sqlite-shm")
            try await body(copy)
        }
    }

    /// Opening refuses with that code, says what to do, and changes nothing.
    private func expectRefusal(_ folder: String, _ code: JournalError.Code, _ what: String = "") async throws {
        let before = try files(in: folder)
        let refusal = try #require(try await openingError(folder), "\(what) was not noticed")
        #expect(refusal.code == code, "\(what): \(refusal)")
        #expect(refusal.message.contains(folder) && refusal.message.contains("nothing was changed"), "\(refusal)")
        #expect(try files(in: folder) == before, "\(what)")
    }

    @Test(arguments: ["gone", "short", "long", "altered", "empty"])
    func aDamagedFileIsToldWhenItsJobIsAskedFor(kind: String) async throws {
        try await withFilledJournal { folder in
            for path in ["\(folder)/requests/11", "\(folder)/answers/1"] {
                switch kind {
                case "gone": try FileManager.default.removeItem(atPath: path)
                case "short": try alter(path) { $0.removeLast() }
                case "long": try alter(path) { $0.append(0) }
                case "altered": try alter(path) { $0[20] ^= 1 }
                default: try alter(path) { $0.removeAll() }
                }
            }
            let log = LogRecorder()
            try await withTestJournal(folder, log: log) { journal, contents in
                #expect(contents.jobs.map(\.id) == ids)
                let request = await failure { try await journal.request(of: ids[10]) }
                #expect(request?.code == .damaged)
                #expect(request?.message.contains("\(folder)/requests/11") == true)
                #expect(await failure { try await journal.answer(of: ids[0]) }?.code == .damaged)
                try await expect(journal, request: bytes(50), of: ids[11])
                // Such a job can still be ended and forgotten.
                try await journal.end(ids[10], answer: [1], keepUntil: .init(microseconds: 1))
                try await journal.forget(ids[10])
                try await journal.forget(ids[0])
            }
            if kind == "gone" { #expect(log.text.contains("error files of jobs are gone")) }
        }
    }

    @Test func everyTruncationOfTheDatabaseIsRefused() async throws {
        try await withFilledJournal { folder in
            let path = "\(folder)/journal.sqlite"
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for length in stride(from: 0, to: whole.count, by: 1024) + [1, 99, whole.count - 1] {
                try alter(path) { $0 = whole.prefix(length) }
                try await expectRefusal(folder, .damaged, "cut to \(length)")
            }
            try alter(path) { $0 = whole }
            #expect(try await openingError(folder) == nil)
        }
    }

    @Test func everyOverwrittenPageIsRefused() async throws {
        try await withFilledJournal { folder in
            let path = "\(folder)/journal.sqlite"
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for page in 0..<whole.count / 4096 {
                try alter(path) { $0.replaceSubrange(page * 4096..<(page + 1) * 4096, with: bytes(4096)) }
                try await expectRefusal(folder, .damaged, "page \(page)")
                try alter(path) { $0 = whole }
            }
        }
    }

    @Test(arguments: ["garbage", "gone", "another database"])
    func whatIsNoJournalIsRefused(kind: String) async throws {
        try await withFilledJournal { folder in
            let path = "\(folder)/journal.sqlite"
            try FileManager.default.removeItem(atPath: path)
            switch kind {
            case "garbage": try Data(bytes(20_000)).write(to: URL(fileURLWithPath: path))
            case "gone": break
            default:
                let other = try DatabaseQueue(path: path)
                try await other.write { try $0.execute(sql: "CREATE TABLE holiday (day TEXT)") }
                try other.close()
            }
            let refusal = try #require(try await openingError(folder))
            #expect(refusal.code == .damaged && refusal.message.contains("mv \(folder)"), "\(refusal)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/requests").count == 30)
        }
    }

    @Test func aNewerJournalIsRefused() async throws {
        try await withFilledJournal { folder in
            let database = try DatabaseQueue(path: "\(folder)/journal.sqlite")
            try await database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v2')") }
            try database.close()
            try await expectRefusal(folder, .newer)
        }
    }

    @Test func aKilledJournalIsWhole() async throws {
        try await withKilledJournal { folder in
            try await withTestJournal(folder) { journal, contents in
                #expect(contents.jobs.map(\.id) == ids)
                for id in ids.dropFirst(10) { try await expect(journal, request: bytes(50), of: id) }
                for id in ids.prefix(10) { try await expect(journal, answer: bytes(60), of: id) }
            }
        }
    }

    /// A damaged frame makes SQLite drop it and all behind it. Only the last transaction can have been one that was
    /// never promised, so nothing but that one may be missing after an opening that succeeds.
    @Test func noDamageToTheWriteAheadLogLosesWhatWasPromised() async throws {
        try await withKilledJournal { folder in
            let path = "\(folder)/journal.sqlite-wal"
            let whole = try files(in: folder)
            let length = whole["journal.sqlite-wal"]!.count
            var random = SeededGenerator(seed: 5)
            var refusals = 0
            let offsets = [0, 7, 9, 17, 25, 31] + (0..<24).map { _ in Int.random(in: 32..<length, using: &random) }
            for offset in offsets {
                try alter(path) { $0[offset] ^= 0x10 }
                if let refusal = try await openingError(folder) {
                    #expect(refusal.code == .damaged, "\(refusal)")
                    refusals += 1
                } else {
                    try await withTestJournal(folder) { _, contents in
                        #expect(contents.jobs.map(\.id) == ids, "byte \(offset) of \(length)")
                        let ended = contents.jobs.filter { $0.state != .accepted }
                        #expect(ended.count >= 9, "byte \(offset) of \(length)")
                    }
                }
                for (name, contents) in whole where !contents.isEmpty {
                    try contents.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
                }
                try? FileManager.default.removeItem(atPath: "\(folder)/journal.sqlite-shm")
            }
            // Most lie before the last transaction.
            #expect(refusals > offsets.count / 2)
        }
    }
}
