import Dispatcher
import Fleet
import Foundation
import Testing

@testable import Journal

@Suite(.enabled(if: SmallDisk.isAvailable, "a small file system can be mounted by root only"))
struct FullDiskTests {
    private let late = WallTime(microseconds: 9)

    @Test func aFullDiskRefusesByNameAndKeepsWhatWasPromised() async throws {
        try await SmallDisk.with(kilobytes: 1024) { disk in
            let folder = "\(disk.path)/journal"
            var kept: [JobID] = []
            try Data(bytes(100_000)).write(to: URL(fileURLWithPath: "\(disk.path)/ballast"))
            try await withTestJournal(folder) { journal, _ in
                for number in 0..<1000 {
                    let one = job("\(number)", requestBytes: 40_000)
                    let request = bytes(40_000, seed: UInt64(number))
                    let refusal = await failure { try await journal.store(one, request: request) }
                    guard let refusal else {
                        kept.append(one.id)
                        continue
                    }
                    #expect(refusal.code == .full && refusal.message.contains("make room"), "\(refusal)")
                    break
                }
                #expect((1..<30).contains(kept.count))
            }
            // As the refusal advises.
            disk.makeRoom()
            try await withTestJournal(folder) { journal, contents in
                #expect(contents.jobs.map(\.id) == kept)
                for (number, id) in kept.enumerated() {
                    try await expect(journal, request: bytes(40_000, seed: UInt64(number)), of: id)
                }
            }
        }
    }

    @Test func onADiskWithoutAFreeByteForgettingStillMakesRoom() async throws {
        try await SmallDisk.with(kilobytes: 1024) { disk in
            let folder = "\(disk.path)/journal"
            try await withTestJournal(folder) { journal, _ in
                try await journal.store(job("ended"), request: bytes(1000))
                try await journal.end(job("ended").id, answer: bytes(50_000), keepUntil: late)
                try await journal.store(job("running", requestBytes: 1000), request: bytes(1000))
                try disk.fill()
                let crowd = (0..<2000).map {
                    JournaledWaiter(topic: "topic/\($0)", correlation: nil, wantsUpdates: false)
                }
                let waiters = await failure { try await journal.setWaiters(crowd, of: job("running").id) }
                #expect(waiters?.code == .full, "\(String(describing: waiters))")
                let end = await failure {
                    try await journal.end(job("running").id, answer: bytes(9000), keepUntil: late)
                }
                #expect(end?.code == .full, "\(String(describing: end))")
                try await journal.forget(job("ended").id)
                // In what the answer took, the next job finds room.
                try await journal.store(job("next", requestBytes: 9000), request: bytes(9000))
                disk.makeRoom()
                try await journal.end(job("running").id, answer: bytes(9000), keepUntil: late)
            }
            try await withTestJournal(folder) { journal, contents in
                #expect(contents.jobs.map(\.id.text) == ["running", "next"])
                #expect(contents.jobs.map(\.waiters) == [[], []])
                try await expect(journal, answer: bytes(9000), of: job("running").id)
                try await expect(journal, request: bytes(9000), of: job("next").id)
            }
        }
    }

    @Test func aDiskThatIsNotToBeWrittenIsRefusedWithAdvice() async throws {
        try await SmallDisk.with(kilobytes: 1024) { disk in
            let folder = "\(disk.path)/journal"
            #expect(try await openingError(folder) == nil)
            try await disk.forbidWriting()
            let refusal = try #require(try await openingError(folder))
            #expect(refusal.code == .io)
            #expect(refusal.message.contains("Read-only") && refusal.message.contains("another folder"), "\(refusal)")
        }
    }
}
