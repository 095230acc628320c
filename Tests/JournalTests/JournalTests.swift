import Dispatcher
import Fleet
import Foundation
import Testing

@testable import Journal

@Suite struct JournalTests {
    private let keepUntil = WallTime(microseconds: 5_000_000)

    @Test func aNewFolderIsMadeForItsUserOnlyAndIsEmpty() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/state/attn"
            try await withTestJournal(path) { journal, contents in
                #expect(contents == JournalContents(jobs: [], epoch: 1_000_000))
                try await journal.store(job("a"), request: bytes(10))
                for (name, mode) in [
                    ("", 0o700), ("/requests", 0o700), ("/answers", 0o700), ("/journal.sqlite", 0o600),
                    ("/journal.sqlite-wal", 0o600), ("/journal.lock", 0o600), ("/requests/1", 0o600),
                ] {
                    let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
                    #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
                }
            }
        }
    }

    @Test func everythingAboutAJobComesBackInTheOrderOfAcceptance() async throws {
        try await withTemporaryFolder { folder in
            let waiters = [
                JournaledWaiter(topic: "b", correlation: nil, wantsUpdates: true),
                JournaledWaiter(topic: "a/ü", correlation: [], wantsUpdates: false),
                JournaledWaiter(topic: "b", correlation: [0, 255], wantsUpdates: false),
            ]
            let running = job("z!~'\"/../x", requestBytes: 3, waiters: waiters)
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(running, request: [1, 2, 3])
                try await journal.store(job("a", waiters: waiters), request: [])
                try await journal.end(job("a").id, answer: bytes(100_000), keepUntil: keepUntil)
            }
            try await withTestJournal(folder) { journal, contents in
                var ended = job("a", waiters: waiters)
                ended.state = .ended(keepUntil: keepUntil, answerBytes: 100_000)
                #expect(contents.jobs == [running, ended])
                try await expect(journal, request: [1, 2, 3], of: running.id)
                try await expect(journal, answer: bytes(100_000), of: ended.id)
            }
        }
    }

    @Test func waitersReplaceThoseBefore() async throws {
        try await withTemporaryFolder { folder in
            let first = JournaledWaiter(topic: "first", correlation: [1], wantsUpdates: true)
            let second = JournaledWaiter(topic: "second", correlation: nil, wantsUpdates: false)
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("a", waiters: [first]), request: [])
                try await journal.setWaiters([second, first], of: job("a").id)
            }
            try await withTestJournal(folder) { journal, contents in
                #expect(contents.jobs.map(\.waiters) == [[second, first]])
                try await journal.setWaiters([], of: job("a").id)
            }
            try await withTestJournal(folder) { #expect($1.jobs.map(\.waiters) == [[]]) }
        }
    }

    @Test func theRequestGoesWithTheEndAndTheAnswerWithTheForgetting() async throws {
        try await withTemporaryFolder { folder in
            let id = job("a").id
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("a"), request: bytes(10))
                #expect(await failure { try await journal.answer(of: id) }?.code == .missing)
                try await journal.end(id, answer: bytes(20), keepUntil: keepUntil)
                #expect(await failure { try await journal.request(of: id) }?.code == .missing)
                #expect(try files(in: folder).keys.filter { $0.contains("/") } == ["answers/1"])
                try await journal.forget(id)
                try await journal.forget(id)
                #expect(await failure { try await journal.answer(of: id) }?.code == .missing)
                #expect(try files(in: folder).keys.filter { $0.contains("/") } == [])
                try await journal.store(job("a"), request: bytes(30))
            }
            try await withTestJournal(folder) { journal, contents in
                #expect(contents.jobs == [job("a", requestBytes: 30)])
                try await expect(journal, request: bytes(30), of: id)
            }
        }
    }

    @Test func whatAJobsStateDoesNotAllowIsRefusedAndChangesNothing() async throws {
        try await withTemporaryFolder { folder in
            let id = job("a").id
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("a"), request: [1])
                let again = await failure {
                    try await journal.store(job("a"), request: [2, 3])
                }
                #expect(again?.code == .exists)
                let early = await failure { try await journal.forget(id) }
                #expect(early?.code == .exists)
                try await expect(journal, request: [1], of: id)
                try await journal.end(id, answer: [4], keepUntil: keepUntil)
                let twice = await failure {
                    try await journal.end(id, answer: [5], keepUntil: keepUntil)
                }
                #expect(twice?.code == .exists)
                try await expect(journal, answer: [4], of: id)
                let unknown = await failure {
                    try await journal.setWaiters([], of: job("b").id)
                }
                #expect(unknown?.code == .missing)
            }
            #expect(try files(in: folder).keys.filter { $0.contains("/") } == ["answers/1"])
        }
    }

    @Test func epochsGrowEvenWhenTheClockGoesBack() async throws {
        try await withTemporaryFolder { folder in
            var epochs: [UInt64] = []
            for microseconds: Int64 in [500, 2_000, 2_000, 7, -9, 2_100] {
                try await withTestJournal(folder, at: microseconds) { epochs.append($1.epoch) }
            }
            #expect(epochs == [500, 2000, 2001, 2002, 2003, 2100])
        }
    }

    @Test func aClosedJournalDoesNothingAndSaysSo() async throws {
        try await withTemporaryFolder { folder in
            let journal = try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("a"), request: [])
                return journal
            }
            let store = await failure { try await journal.store(job("b"), request: []) }
            let read = await failure { try await journal.request(of: job("a").id) }
            #expect(store?.code == .cancelled && read?.code == .cancelled)
            // Closed for others too: the folder is free again.
            try await withTestJournal(folder) { #expect($1.jobs == [job("a")]) }
        }
    }

    @Test func filesDoNotGrowForEver() async throws {
        try await withTemporaryFolder { folder in
            try await withTestJournal(folder) { journal, _ in
                var sizes: [Int] = []
                for round in 0..<40 {
                    try await withThrowingTaskGroup { group in
                        for number in 0..<25 {
                            group.addTask {
                                let one = job("\(round)-\(number)")
                                try await journal.store(one, request: bytes(100))
                                try await journal.end(one.id, answer: bytes(100), keepUntil: .init(microseconds: 1))
                                try await journal.forget(one.id)
                            }
                        }
                        try await group.waitForAll()
                    }
                    sizes.append(try files(in: folder).values.map(\.count).reduce(0, +))
                }
                // SQLite begins the log anew at 1000 pages; a transaction more can be in it.
                #expect(sizes.max()! < 2 * 4_194_304, "\(sizes)")
                #expect(try Set(files(in: folder).keys) == ["journal.sqlite", "journal.sqlite-wal"])
                let database = try FileManager.default.attributesOfItem(atPath: "\(folder)/journal.sqlite")
                #expect(try #require(database[.size] as? Int) <= 262_144)
            }
        }
    }
}
