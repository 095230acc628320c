// A job's report as a trace.

import Codecs
@testable import Dispatcher
import Testing

@Suite("A job's trace") struct JobTraceTests {
    private func trace(_ report: SampleReport) throws -> JobTrace { try JobTrace(report.json) }

    /// Slices of a process as "name begin…end", in their order.
    private func slices(_ trace: JobTrace, of process: String) throws -> [String] {
        let name = try #require(
            trace.events.first { $0.name == "process_name" && $0.arguments.first?.1 == .string(process) })
        return trace.events.filter { $0.process == name.process && $0.isSlice }.map {
            "\($0.name) \($0.time)…\($0.end)"
        }
    }

    @Test("A worker is a process; a task a slice from its sending to its result, with four within")
    func task() throws {
        let trace = try trace(SampleReport(shards: [SampleReport.shard(7)]))
        #expect(
            try slices(trace, of: "pi") == [
                "shard 7 1000…11000", "task on its way 1000…3000", "waiting 3000…5000", "computing 5000…9000",
                "result on its way 9000…11000",
            ])
        let task = try #require(trace.events.first { $0.name == "shard 7" })
        #expect(
            task.json.objectValue?["args"]?.text()
                == #"{"shard":7,"attempt":1,"batch":0,"heads":[0,3],"queries":[0,512],"keys":[0,512],"#
                + #""bytes_sent":1000,"bytes_received":1000,"queued_ms":2.0,"compute_ms":4.0}"#)
    }

    @Test("The dispatcher has the job as a whole, its planning, its tasks, and each result's merging")
    func dispatcher() throws {
        let trace = try trace(SampleReport(shards: [SampleReport.shard(7)]))
        #expect(
            try slices(trace, of: "dispatcher") == [
                "job j 0…100000", "read and planned 0…500", "job, predicted 500…90500", "tasks 1000…12000",
                "check and merge shard 7 11000…12000",
            ])
    }

    @Test("What was predicted lies beside it, under the worker that it was planned for, counted from the plan on")
    func prediction() throws {
        let shard = SampleReport.shard(7, more: SampleReport.prediction)
        #expect(
            try slices(try trace(SampleReport(shards: [shard])), of: "nuc, predicted") == [
                "shard 7 1500…10500", "task on its way 1500…3000", "waiting 3000…3500", "computing 3500…8500",
                "result on its way 8500…10500",
            ])
    }

    @Test("Tasks that overlap are on threads of their own, one after the other on the same")
    func threads() throws {
        let trace = try trace(
            SampleReport(shards: [
                SampleReport.shard(0, "pi", (1, 11, 12)), SampleReport.shard(1, "pi", (2, 20, 21)),
                SampleReport.shard(2, "pi", (11, 30, 31)),
            ]))
        let threads = (0..<3).map { shard in trace.events.first { $0.name == "shard \(shard)" }?.thread }
        #expect(threads[0] == threads[2] && threads[0] != threads[1])
        #expect(trace.defects.isEmpty)
    }

    @Test("An attempt that failed ends when that was known, one that was overtaken with the shard; both say why")
    func lostAttempts() throws {
        let others: JSON = [
            ["attempt": 2, "worker": "pi", "sent_ms": 20], ["attempt": 3, "worker": "zero", "sent_ms": 40],
        ]
        let report = SampleReport(
            shards: [SampleReport.shard(7, "nuc", (50, 60, 61), more: ["attempt": 4, "other_attempts": others])],
            retries: [["shard": 7, "worker": "pi", "attempt": 2, "reason": "it died", "at_ms": 35]],
            hedges: [["shard": 7, "worker": "nuc", "after_ms": 10, "at_ms": 50]])
        let trace = try trace(report)
        #expect(try slices(trace, of: "pi") == ["shard 7, attempt 2, in vain 20000…35000"])
        #expect(try slices(trace, of: "zero") == ["shard 7, attempt 3, in vain 40000…61000"])
        #expect(try slices(trace, of: "nuc").first == "shard 7, attempt 4 50000…60000")
        let instants = trace.events.filter { $0.kind == .instant }
        #expect(instants.map { "\($0.name) \($0.time)" } == ["retry of shard 7 35000", "hedge of shard 7 50000"])
        #expect(instants.first?.arguments.contains { $0 == ("reason", "it died") } == true)
        #expect(trace.summary == (tasks: 3, workers: 3))
    }

    @Test("Of a job that failed, what was under way ends with it, and what was never sent is not there")
    func failedJob() throws {
        let underWay: JSON.Object = ["other_attempts": [["attempt": 1, "worker": "pi", "sent_ms": 2]], "attempt": 0]
        let trace = try trace(
            SampleReport(shards: [
                SampleReport.shard(0, "", (2, 0, 0), more: underWay), SampleReport.shard(1, "", (0, 0, 0)),
            ]))
        #expect(try slices(trace, of: "pi") == ["shard 0, in vain 2000…100000"])
        #expect(!trace.events.contains { $0.name.hasPrefix("shard 1") })
    }

    @Test("Tasks are counted by where they are, and arrows lead to their computing and from it")
    func countsAndArrows() throws {
        let trace = try trace(SampleReport(shards: [SampleReport.shard(0), SampleReport.shard(1)]))
        let counts = trace.events.filter { $0.kind == .counter }
        #expect(counts.map(\.time) == [1000, 3000, 5000, 9000, 11000])
        #expect(
            counts.map { event in event.arguments.map { $0.1.intValue ?? -1 } } == [
                [2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2], [0, 0, 0, 0],
            ])
        let begins = trace.events.filter { if case .arrowBegin = $0.kind { true } else { false } }
        #expect(begins.map(\.time) == [1000, 1000, 9000, 9000])
    }

    @Test(
        "Whatever a report holds, slices of one thread never overlap unless one is within the other", arguments: 0..<100
    )
    func nesting(seed: UInt64) throws {
        let trace = try trace(SampleReport.random(seed: seed))
        #expect(trace.defects.isEmpty)
    }

    @Test("The check for that sees what it is for")
    func nestingCheck() {
        func slice(_ range: Range<Int>, thread: Int = 1) -> TraceEvent {
            TraceEvent(
                kind: .slice(duration: range.count), name: "s", time: range.lowerBound, process: 1, thread: thread)
        }
        #expect(JobTrace.defects([slice(0..<10), slice(0..<5), slice(5..<10), slice(10..<12)]).isEmpty)
        #expect(JobTrace.defects([slice(0..<10), slice(5..<15)]).count == 1)
        #expect(JobTrace.defects([slice(0..<10), slice(5..<15, thread: 2)]).isEmpty)
        #expect(JobTrace.defects([slice(5..<10), slice(0..<3)]).count == 1)
        let arrow = TraceEvent(kind: .arrowBegin(1), name: "a", process: 1, thread: 1)
        #expect(JobTrace.defects([arrow]).count == 1)
    }

    @Test("It is one JSON object in the trace-event format, an event a line, names first")
    func format() throws {
        let text = String(decoding: try trace(SampleReport(shards: [SampleReport.shard(0)])).encoded, as: UTF8.self)
        let json = try JSON(parsing: text).object()
        #expect(try json.string("displayTimeUnit") == "ms")
        let events = try json.objects("traceEvents")
        #expect(text.split(separator: "\n").count == events.count + 2)
        #expect(try events.prefix(2).map { try $0.string("ph") } == ["M", "M"])
        for event in events {
            let phase = try event.string("ph")
            #expect(try event.int("pid") > 0 && event.int("tid") >= 0 && !event.string("name").isEmpty)
            #expect(try (phase == "M") == (event.optionalInt("ts") == nil))
            #expect(try (phase == "X") == (event.optionalInt("dur") != nil))
            #expect(try ["s", "f"].contains(phase) == (event.optionalInt("id") != nil))
        }
    }

    @Test("A report of an older dispatcher, without the newer members, makes a trace too")
    func older() throws {
        var shard = try #require(SampleReport.shard(0).objectValue)
        shard["received_ms"] = nil
        let report: JSON.Object = ["job": "j", "elapsed_ms": 20, "shards": [.object(shard)]]
        let trace = try JobTrace(report)
        #expect(try slices(trace, of: "pi").first == "shard 0 1000…12000")
        #expect(trace.defects.isEmpty)
    }

    @Test(
        "What is no report, or tells of times that cannot be, is refused by the name of what is wrong",
        arguments: [
            ("{}", "job: missing"), (#"{"job": "j"}"#, "elapsed_ms: missing"),
            (#"{"job": "j", "elapsed_ms": 1}"#, "shards: missing"),
            (#"{"job": "j", "elapsed_ms": -1, "shards": []}"#, "elapsed_ms: expected a time of 0"),
            (#"{"job": "j", "elapsed_ms": 1e300, "shards": []}"#, "elapsed_ms: expected a time of 0"),
            (#"{"job": "j", "elapsed_ms": 1, "shards": [1]}"#, "shards[0]"),
            (#"{"job": "j", "elapsed_ms": 1, "shards": [], "retries": [{}]}"#, "retries[0].shard: missing"),
            (#"{"job": "j", "elapsed_ms": 1, "shards": [], "hedges": 1}"#, "hedges"),
        ])
    func refusals(text: String, says: String) throws {
        let error = #expect(throws: JSONError.self) { try JobTrace(JSON(parsing: text).object()) }
        #expect(error.map { "\($0)" }?.contains(says) == true, "\(String(describing: error))")
    }

    @Test(
        "A shard's times are refused when they are missing, negative, endless or in the wrong order",
        arguments: [
            ("sent_ms", nil), ("sent_ms", -0.001), ("sent_ms", 11.5), ("received_ms", 12.5), ("compute_ms", -1),
            ("queued_ms", 1e12), ("compute_ms", 1e308), ("done_ms", "soon"), ("shard", -1), ("bytes_sent", -1),
            ("predicted_begun_ms", 0), ("predicted_done_ms", 1),
        ] as [(String, JSON?)])
    func refusedTimes(key: String, value: JSON?) throws {
        var shard = try #require(SampleReport.shard(0, more: SampleReport.prediction).objectValue)
        shard[key] = value
        let report = SampleReport(shards: [.object(shard)])
        let error = #expect(throws: JSONError.self) { try trace(report) }
        #expect(error.map { "\($0)" }?.hasPrefix("shards[0].") == true, "\(String(describing: error))")
    }

    @Test("Tens of thousands of tasks at a time have a thread each")
    func many() throws {
        let shards = (0..<20_000).map { SampleReport.shard($0, "pi", (1, 11 + Double($0), 200_000)) }
        #expect(try trace(SampleReport(shards: shards)).summary.tasks == 20_000)
    }
}
