import Dispatcher
import Fleet
import Journal

/// One client of the journal, which takes job after job through a random part of its life.
struct Client {
    private let journal: Journal
    private let name: String
    private var random: SeededGenerator

    init(_ journal: Journal, name: String, _ random: SeededGenerator) {
        self.journal = journal
        self.name = name
        self.random = random
    }

    /// Until the process is killed.
    mutating func work() async {
        for number in 0... {
            do {
                try await live(CrashJob(name: "\(name)-\(number)"))
            } catch {
                JournalCrash.report("failed", "\(error)")
                return
            }
        }
    }

    private mutating func live(_ job: CrashJob) async throws(JournalError) {
        let journal = journal
        try await step("store", job) { () throws(JournalError) in
            try await journal.store(job.journaled, request: job.request)
        }
        guard random.next() % 8 != 0 else { return }
        try await step("wait", job) { () throws(JournalError) in
            try await journal.setWaiters(job.laterWaiters, of: job.journaled.id)
        }
        guard random.next() % 4 != 0 else { return }
        try await step("end", job) { () throws(JournalError) in
            try await journal.end(job.journaled.id, answer: job.answer, keepUntil: job.keepUntil)
        }
        guard random.next() % 2 != 0 else { return }
        try await step("forget", job) { () throws(JournalError) in try await journal.forget(job.journaled.id) }
    }

    private func step(
        _ word: String, _ job: CrashJob, _ body: () async throws(JournalError) -> Void
    ) async throws(JournalError) {
        JournalCrash.report("begin-\(word)", job.journaled.id.text)
        try await body()
        JournalCrash.report("done-\(word)", job.journaled.id.text)
    }
}
