import Dispatcher
import Fleet
import Foundation
import Testing

@testable import Journal
@testable import journal_crash

@Suite struct CrashTests {
    private let lives = 40

    /// One folder through many lives, each ended by SIGKILL at another instant: what a life was promised, every later
    /// one finds, with the right bytes; what it had only asked for is there wholly or not at all; no file is left
    /// over.
    @Test func whatWasPromisedSurvivesEveryKill() async throws {
        try await withTemporaryFolder { folder in
            var random = SeededGenerator(seed: 0x6a6f_7572)
            var promises = Promises()
            for life in 0..<lives {
                let victim = try CrashVictim(folder: folder, seed: random.next())
                var lines: [String] = []
                // Every fourth life ends by the clock, perhaps while it opens the journal; the others after some lines.
                if life % 4 == 0 {
                    usleep(UInt32.random(in: 0..<60_000, using: &random))
                } else {
                    for _ in 0..<Int.random(in: 1..<120, using: &random) {
                        try lines.append(#require(victim.nextLine()))
                    }
                    usleep(UInt32.random(in: 0..<3000, using: &random))
                }
                lines += victim.kill()
                try promises.hear(lines)
                try await check(folder, promises, life, readingAll: life == lives - 1)
            }
            #expect(promises.count > 500)
        }
    }

    /// - Parameter readingAll: or only what belongs to jobs of the life that was just ended.
    private func check(_ folder: String, _ promises: Promises, _ life: Int, readingAll: Bool) async throws {
        let log = LogRecorder()
        try await withTestJournal(folder, log: log) { journal, contents in
            #expect(contents.epoch > promises.epoch)
            let jobs = Dictionary(uniqueKeysWithValues: contents.jobs.map { ($0.id.text, $0) })
            for (name, promised) in promises.stages where jobs[name] == nil {
                #expect(promised.allowsAbsence, "life \(life): \(name) is lost: \(promised)")
            }
            for (name, found) in jobs {
                let promised = try #require(promises.stages[name], "life \(life): \(name) was never asked for")
                if readingAll || name.hasPrefix("\(promises.epoch)-") {
                    try await check(found, CrashJob(name: name), promised, journal)
                }
            }
            #expect(try countOfSpooledFiles(in: folder) == jobs.count, "life \(life)")
        }
        #expect(!log.text.contains("error "), "\(log.text)")
    }

    private func check(
        _ found: JournaledJob, _ job: CrashJob, _ promised: Promises.Stages, _ journal: Journal
    ) async throws {
        var expected = job.journaled
        expected.waiters = found.waiters
        expected.state = found.state
        #expect(found == expected)
        #expect(promised.allowsWaiters(found.waiters, of: job))
        switch found.state {
        case .accepted:
            #expect(promised.done < .ended, "\(found.id)")
            #expect(try await journal.request(of: found.id) == job.request)
        case .ended(let keepUntil, let answerBytes):
            #expect(promised.begun >= .ended && promised.done < .forgotten, "\(found.id)")
            #expect(keepUntil == job.keepUntil && answerBytes == job.answer.count)
            #expect(try await journal.answer(of: found.id) == job.answer)
        }
    }
}
