import Dispatcher
import Fleet
import Foundation
import Testing

@testable import Journal

@Suite struct LockTests {
    @Test func aJournalInUseIsRefusedAndItsHolderNamed() async throws {
        try await withTemporaryFolder { folder in
            try await withTestJournal(folder) { _, _ in
                let refusal = try #require(try await openingError(folder))
                #expect(refusal.code == .locked)
                #expect(refusal.message.contains("process \(getpid());"), "\(refusal)")
            }
            #expect(try await openingError(folder) == nil)
        }
    }

    @Test func aKilledHolderLetsGo() async throws {
        try await withTemporaryFolder { folder in
            let victim = try CrashVictim(folder: folder, seed: 1)
            let epoch = try #require(victim.nextLine())
            #expect(epoch.hasPrefix("epoch "))
            let refusal = try #require(try await openingError(folder))
            #expect(refusal.code == .locked)
            #expect(refusal.message.contains("process \(victim.processID);"), "\(refusal)")
            _ = victim.kill()
            #expect(try await openingError(folder) == nil)
        }
    }
}
