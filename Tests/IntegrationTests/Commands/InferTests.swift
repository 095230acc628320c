import Codecs
import Foundation
import LocalFleet
import Testing

extension Integration {
    @Suite("attn infer, attn models and attn triggers", .serialized) struct InferTests {
        private static let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent("../../..").standardizedFileURL.path
        private static let model = "\(root)/models/basic-motions"

        @Test("By a fleet it says what it says here, line by line")
        func sameResults() async throws {
            let folder = try Folder()
            let input = ["--input", "\(Self.model)/test.safetensors", "--json"]
            let here = try await Program.run("attn", ["infer", "--local", "--model", Self.model] + input, in: folder)
            #expect(here.status == 0, "\(here.error)")
            let expected = try results(here.output)
            #expect(expected.count == 40)
            var options = LocalFleet.Options()
            (options.workers, options.slots, options.logLevel) = (2, 1, "error")
            options.moreDispatcherArguments = ["--models", "\(Self.root)/models"]
            try await withLocalFleet(options) { fleet in
                for strategy in ["replicate", "positions"] {
                    let arguments = ["--broker", fleet.brokerURL, "--model", "basic-motions", "--strategy", strategy]
                    let there = try await Program.run("attn", ["infer"] + arguments + input, in: folder)
                    #expect(there.status == 0, "\(there.error)")
                    let found = try results(there.output)
                    #expect(found.map(\.label) == expected.map(\.label))
                    #expect(zip(found, expected).allSatisfy { abs($0.score - $1.score) < 1e-5 })
                }
                let models = try await Program.run(
                    "attn", ["models", "--broker", fleet.brokerURL, "--json"], in: folder)
                let list = try JSON(parsing: models.output).object().objects("models")
                #expect(try list.map { try $0.string("name") }.contains("basic-motions"))
                let own = try #require(try list.first { try $0.string("name") == "basic-motions" })
                #expect(try own.strings("dispatchers") == ["dispatcher-1"])
                #expect(try own.strings("workers") == ["worker-1", "worker-2"])
            }
        }

        @Test("The accuracy is told where the file has the true classes")
        func accuracy() async throws {
            let outcome = try await Program.run(
                "attn", ["infer", "--local", "--model", Self.model, "--input", "\(Self.model)/test.safetensors"],
                in: try Folder())
            #expect(outcome.error.contains("40 of 40 as the file says: accuracy 1.0000"))
            #expect(outcome.output.split(separator: "\n").count == 40)
        }

        @Test(
            "What is wrong is said, with what to do",
            arguments: [
                (["--local", "--model", "nowhere"], 1, "nowhere: there is no config.json"),
                (["--model", "x"], 1, "no broker is named"),
                (["--local", "--model", "x", "--broker", "mqtt://y"], 64, "exclude each other"),
                (["--local", "--model", model, "--input", "none"], 1, "none cannot be read: No such file"),
                (["--local", "--model", model, "--weights", "int4"], 64, "float32, float16, int8"),
            ] as [([String], Int32, String)])
        func errors(arguments: [String], status: Int32, says: String) async throws {
            let outcome = try await Program.run("attn", ["infer"] + arguments, in: try Folder())
            #expect(outcome.status == status)
            #expect(outcome.error.contains(says), "\(outcome.error)")
        }

        @Test("Kernels that there are not are refused, as by the other commands")
        func unknownKernels() async throws {
            let outcome = try await Program.run(
                "attn", ["infer", "--local", "--model", Self.model], environment: ["ATTN_ISA": "mmx"], in: try Folder())
            #expect(outcome.status == 1)
            #expect(outcome.error.contains("mmx") && outcome.error.contains("baseline"), "\(outcome.error)")
        }

        @Test("Triggers are checked, with place and reason")
        func triggers() async throws {
            let folder = try Folder()
            let good = try await Program.run(
                "attn",
                [
                    "triggers", "check", "\(Self.root)/config/triggers/basic-motions.yaml", "--models",
                    "\(Self.root)/models",
                ],
                in: folder)
            #expect(good.status == 0, "\(good.error)")
            #expect(good.output.contains("basic-motions: sensors/+/motion → basic-motions"))
            let text = "name: t\ntopik: a/b\nmodel: m\n"
            try folder.write(Array(text.utf8), to: "bad.yaml")
            let bad = try await Program.run("attn", ["triggers", "check", "bad.yaml"], in: folder)
            #expect(bad.status == 1)
            #expect(bad.error.contains("bad.yaml:2:1:") && bad.error.contains("topic"), "\(bad.error)")
        }

        private func results(_ output: String) throws -> [(label: String, score: Double)] {
            try output.split(separator: "\n").map { line in
                let object = try JSON(parsing: String(line)).object()
                return (try object.string("label"), try object.double("score"))
            }
        }
    }
}
