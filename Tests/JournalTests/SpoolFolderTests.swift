import Dispatcher
import Fleet
import Foundation
import Testing

@testable import Journal

@Suite struct SpoolFolderTests {
    @Test func whatACrashLeftIsRemovedAndSaid() async throws {
        try await withTemporaryFolder { folder in
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("a", requestBytes: 3), request: [1, 2, 3])
            }
            for orphan in ["requests/7", "requests/8.unfinished", "requests/1.unfinished", "answers/1"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(orphan)"))
            }
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/requests/notes.txt"))
            let log = LogRecorder()
            try await withTestJournal(folder, log: log) { journal, contents in
                #expect(contents.jobs == [job("a", requestBytes: 3)])
                try await expect(journal, request: [1, 2, 3], of: job("a").id)
            }
            let left = try Set(files(in: folder).keys)
            #expect(left == ["journal.sqlite", "requests/1", "requests/notes.txt"])
            #expect(log.text.contains("files=1.unfinished 7 8.unfinished"))
            #expect(log.text.contains("are left alone files=notes.txt"))
        }
    }

    /// `/dev/full` refuses every byte for want of room: a full disk for one file.
    @Test func aRequestThatDoesNotFitIsRefusedAloneAndMayComeAgain() async throws {
        try await withTemporaryFolder { folder in
            try await withTestJournal(folder) { journal, _ in
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/requests/1.unfinished", withDestinationPath: "/dev/full")
                let refused = await failure { try await journal.store(job("a"), request: [1]) }
                #expect(refused?.code == .full)
                #expect(refused?.message.contains("make room") == true)
                try await journal.store(job("a", requestBytes: 1), request: [1])
            }
            try await withTestJournal(folder) { #expect($1.jobs == [job("a", requestBytes: 1)]) }
        }
    }
}
