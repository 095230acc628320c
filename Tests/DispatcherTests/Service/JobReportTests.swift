import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("A job's report") struct JobReportTests {
    private let work: AttentionWork

    init() throws {
        let job = try JobInMemory(AttentionSample(), PlanLimits(slots: 2))
        work = AttentionWork(job.attention, job.plan)
    }

    private func attempt(_ number: Int, _ worker: String, sentAt milliseconds: Int) -> JobReport.Attempt {
        JobReport.Attempt(number: number, worker: worker, sent: .milliseconds(milliseconds), bytes: 100 * number)
    }

    private func json(_ times: JobReport.ShardTimes) throws -> JSON.Object {
        var report = JobReport(shards: work.shardCount)
        report.planned = .milliseconds(1)
        report.shards[0] = times
        let json = report.json(job: try #require(JobID("j")), op: "Attention", elapsed: .milliseconds(50), work)
        #expect(try JobTrace(json.object()).defects.isEmpty)
        #expect(try json.object().double("planned_ms") == 1)
        return try #require(try json.object().objects("shards").first)
    }

    @Test("A shard's times and bytes are those of the attempt that counted, the first though a second was sent")
    func overtaken() throws {
        var times = JobReport.ShardTimes()
        times.attempts = [attempt(1, "pi", sentAt: 2), attempt(2, "nuc", sentAt: 30)]
        (times.worker, times.attempt) = ("pi", 1)
        (times.received, times.done) = (.milliseconds(40), .milliseconds(41))
        let shard = try json(times)
        #expect(try shard.double("sent_ms") == 2 && shard.int("bytes_sent") == 100)
        #expect(try shard.double("received_ms") == 40 && shard.double("done_ms") == 41)
        #expect(shard["other_attempts"] == [["attempt": 2, "worker": "nuc", "sent_ms": 30.0]])
    }

    @Test("An only attempt is not told of twice")
    func single() throws {
        var times = JobReport.ShardTimes()
        times.attempts = [attempt(1, "pi", sentAt: 2)]
        (times.worker, times.attempt) = ("pi", 1)
        (times.received, times.done) = (.milliseconds(40), .milliseconds(41))
        #expect(try json(times)["other_attempts"] == nil)
    }

    @Test("Of a shard that is not done, each attempt is told")
    func underWay() throws {
        var times = JobReport.ShardTimes()
        times.attempts = [attempt(1, "pi", sentAt: 2)]
        #expect(try json(times)["other_attempts"] == [["attempt": 1, "worker": "pi", "sent_ms": 2.0]])
    }
}
