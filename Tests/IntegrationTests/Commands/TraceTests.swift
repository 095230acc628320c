import Codecs
import Foundation
import LocalFleet
import Testing

extension Integration {
    @Suite("attn trace", .serialized) struct TraceTests {
        let folder: Folder

        init() throws { folder = try Folder() }

        private func attn(_ arguments: String...) async throws -> Program.Outcome {
            try await Program.run("attn", arguments, in: folder)
        }

        @Test("A job's report becomes a trace in which each worker has its tasks, measured and predicted")
        func job() async throws {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            try await withCommandFleet { fleet in
                let job = try await attn(
                    "attend", "q", "-o", "y", "--broker", fleet.brokerURL, "--report", "report.json")
                #expect(job.status == 0, "\(job.error)")
            }
            let outcome = try await attn("trace", "report.json", "-o", "trace.json")
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
            #expect(outcome.error.hasPrefix("trace.json: "))
            let report = try folder.json("report.json")
            let shards = try report.objects("shards")
            let events = try folder.json("trace.json").objects("traceEvents")
            let names = try events.filter { try $0.string("ph") == "X" }.map { try $0.string("name") }
            #expect(try names.count { $0.hasPrefix("shard ") } == report.int("tasks_sent") + shards.count)
            for shard in shards {
                let index = try shard.int("shard")
                #expect(names.contains("check and merge shard \(index)"))
                #expect(try shard.double("sent_ms") <= shard.double("received_ms"))
                #expect(try shard.double("received_ms") <= shard.double("done_ms"))
            }
            let processes = try events.filter { try $0.string("name") == "process_name" }.map {
                try $0.object("args").string("name")
            }
            #expect(processes.first == "dispatcher")
            #expect(processes.dropFirst().allSatisfy { $0.hasPrefix("worker-") })
            #expect(processes.contains { $0.hasSuffix(", predicted") })
        }

        @Test("It reads what --json prints, and writes to the standard output")
        func pipes() async throws {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            let job = try await attn("attend", "q", "-o", "y", "--local", "--json")
            try folder.write(job.output, to: "printed.json")
            let outcome = try await attn("trace", "printed.json", "-o", "-")
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            #expect(try JSON(parsing: outcome.output).object().string("displayTimeUnit") == "ms")
        }

        @Test("Says what is wrong with a report, and leaves nothing")
        func refusals() async throws {
            try folder.write(#"{"job": "j", "elapsed_ms": 1, "sha"#, to: "short")
            try folder.write(#"{"job": "j", "elapsed_ms": -1, "shards": []}"#, to: "negative")
            for (name, says) in [
                ("short", "short is no job's report: malformed JSON at byte 34: the document ends too early"),
                ("negative", "negative is no job's report: elapsed_ms: expected a time"),
                ("-", "the standard input is no job's report"), ("none", "none cannot be read: No such file"),
                (".", ". cannot be read: Is a directory"), ("/dev/zero", "/dev/zero is larger than"),
            ] {
                let outcome = try await attn("trace", name, "-o", "trace.json")
                #expect(outcome.status == 1 && outcome.error.contains(says), "\(name): \(outcome.error)")
            }
            #expect(folder.files == ["negative", "short"])
        }
    }
}
