import Codecs
import LocalFleet
import Testing

extension Integration {
    @Suite("attn bench", .serialized) struct BenchTests {
        @Test(
            "Jobs and bare round trips, as one JSON object, with what was predicted",
            arguments: [
                [], ["--job"], ["--direct"], ["--direct", "--pipelined", "4", "--local-threads", "1"],
                ["--direct", "--wire", "f16"],
            ] + (LocalFleet.whyNoShares == nil ? [["--direct", "--worker-shares", "0.5,0.2"]] : []))
        func fleet(options: [String]) async throws {
            let program = try Program("attn", ["bench", "fleet", "--runs", "20", "--json"] + options, in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["median_s", "p99_s", "jobs_per_s", "floor_median_s"] { #expect(try values.double(key) > 0) }
            #expect(try values.double("median_s") <= values.double("p99_s"))
            // Q, K, V and Y in float32, and their headers: of the request and the answer, not of what travels.
            #expect(try values.int("bytes") > 4 * 12 * 128 * 32 * 4)
            #expect(try values.double("predicted_median_s") > 0 && values.double("prediction_error") >= 0)
            let plans = try values.object("plans")
            #expect(try plans.keys.reduce(0) { try $0 + plans.int($1) } == 20)
            let kinds = ["here", "one worker", "heads, queries", "heads, keys"]
            #expect(plans.keys.allSatisfy { kinds.contains($0) })
            #expect(try plans.keys.contains(values.string("planned")) && values.int("warm_up") == 2)
            try await program.expectNothingLeft()
        }

        @Test("Without workers every job is computed in this process")
        func here() async throws {
            let options = ["--direct", "--workers", "0", "--local-threads", "1", "--runs", "3", "--warm-up", "0"]
            let program = try Program("attn", ["bench", "fleet", "--json"] + options, in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            #expect(try values.object("plans").int("here") == 3 && values.int("warm_up") == 0)
            try await program.expectNothingLeft()
        }

        @Test("A broker whose fleet has nobody to compute is told of at once, and what to do")
        func nobody() async throws {
            try await withLocalBroker { broker in
                let outcome = try await Program.run(
                    "attn", ["bench", "fleet", "--direct", "--broker", broker.url], in: try Folder())
                #expect(outcome.status == 1)
                #expect(outcome.error.contains("has no worker: start attn-worker there, or add --local-threads 1"))
            }
        }

        @Test(
            "Options of a fleet that make no sense are refused",
            arguments: [
                ["--direct", "--job"], ["--worker-shares", "0.1,,0.2"], ["--worker-shares", "nan"],
                ["--pipelined", "0"], ["--workers", "0"], ["--workers", "0", "--direct"], ["--workers", "257"],
                ["--local-threads", "1"], ["--warm-up", "-1"], ["--wire", "f9"],
            ])
        func refusedFleet(options: [String]) async throws {
            let outcome = try await Program.run("attn", ["bench", "fleet"] + options, in: try Folder())
            #expect(outcome.status == 64, "\(outcome.error)")
        }

        private static let block = ["--heads", "4", "--queries", "5", "--keys", "6", "--head-size", "8"]

        @Test("A kernel's time, as one JSON object with the names that scripts rely on")
        func kernel() async throws {
            let more = ["--kv-heads", "2", "--dtype", "f16", "--causal", "--threads", "2", "--runs", "3", "--json"]
            let outcome = try await Program.run("attn", ["bench", "kernel"] + Self.block + more, in: try Folder())
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["median_s", "min_s", "gflops", "gbytes_per_s"] { #expect(try values.double(key) > 0) }
            #expect(try values.double("min_s") <= values.double("median_s"))
            #expect(try ["baseline", "avx2"].contains(values.string("variant")))
            #expect(try values.int("kv_heads") == 2 && values.string("dtype") == "f16" && values.bool("causal"))
        }

        @Test("ATTN_ISA chooses the kernel")
        func variant() async throws {
            let arguments = ["bench", "kernel"] + Self.block + ["--runs", "1"]
            for command in [arguments, ["bench", "machine", "--runs", "1"]] {
                let outcome = try await Program.run(
                    "attn", command, environment: ["ATTN_ISA": "baseline"], in: try Folder())
                #expect(outcome.output.contains("baseline"), "\(outcome.error)")
            }
            let outcome = try await Program.run("attn", arguments, environment: ["ATTN_ISA": "mmx"], in: try Folder())
            #expect(outcome.status == 1 && outcome.error.contains("mmx"))
        }

        @Test(
            "An option that makes no sense is refused as a usage error",
            arguments: [
                (["--heads", "0"], "heads is 0"), (["--kv-heads", "3"], "4 query heads cannot share 3"),
                (["--queries", "-1"], "--queries"), (["--window", "0"], "window is 0"),
                (["--dtype", "f8"], "f32, f16"),
                (["--threads", "0"], "threads is 0"), (["--runs", "0"], "runs is 0"),
                (["--keys", "99999999"], "keys is 99999999"),
            ])
        func refused(_ options: [String], says: String) async throws {
            let outcome = try await Program.run(
                "attn", ["bench", "kernel"] + Self.block + options, in: try Folder())
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(says), "\(outcome.error)")
        }

        @Test("Each line of the standard input is answered with one, wrong ones too")
        func lines() async throws {
            let line = #"{"heads":1,"queries":2,"keys":3,"head_size":4,"runs":1}"#
            let script = "printf '%s\\n' '\(line)' nonsense '\(line)' | \"$0\" bench kernel --stdin"
            let attn = try #require(Executables.sibling("attn"))
            let outcome = try await Program.run("/bin/sh", ["-c", script, attn], in: try Folder())
            let answers = try outcome.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)).object() }
            try #require(answers.count == 3, "\(outcome.error)")
            for answer in [answers[0], answers[2]] { #expect(try answer.double("median_s") > 0) }
            #expect(try answers[1].string("error").contains("malformed JSON"))
        }

        @Test("What the machine can do at most, as one JSON object")
        func machine() async throws {
            let outcome = try await Program.run(
                "attn", ["bench", "machine", "--runs", "1", "--threads", "2", "--json"], in: try Folder())
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["fma_gflops", "read_gbytes_per_s", "read_all_gbytes_per_s"] {
                #expect(try values.double(key) > 0)
            }
        }

        @Test("A worker that is not there is named")
        func missingWorker() async throws {
            let outcome = try await Program.run("attn", ["bench", "worker", "--program", "nowhere"], in: try Folder())
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("nowhere cannot be measured: No such file"), "\(outcome.error)")
        }

        @Test("A worker's size, memory and birth, as one JSON object")
        func worker() async throws {
            let program = try Program("attn", ["bench", "worker", "--runs", "1", "--json"], in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            let values = try JSON(parsing: Array(outcome.output.utf8)).object()
            for key in ["size_bytes", "resident_bytes", "birth_median_s"] { #expect(try values.double(key) > 0) }
            try await program.expectNothingLeft()
        }
    }
}
