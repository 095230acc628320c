import Codecs
import Foundation
import Testing

extension Integration {
    @Suite("attn demo", .serialized) struct DemoTests {
        static let escape = "\u{1b}["

        /// The sensors' model alone, whatever else is installed beside it.
        private func models(in folder: Folder) throws -> String {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
            let models = "\(folder.path)/models"
            try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(models)/basic-motions",
                withDestinationPath: root.standardizedFileURL.path + "/models/basic-motions")
            return models
        }

        @Test("Sensors are answered while the fleet grows and loses a worker; piped, it is plain text")
        func sensors() async throws {
            let folder = try Folder()
            let program = try Program(
                "attn", ["demo", "--seconds", "1", "--sensors", "6", "--models", try models(in: folder)], in: folder)
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.isEmpty)
            for part in [
                "3 workers: ", "two more workers join", "5 workers: ", "kill -9 worker-2", "4 workers: ",
                "0 lost, 0 answered twice", "accuracy: ", "tools/install_minilm", "All taken down",
            ] {
                #expect(outcome.output.contains(part), "\(part)")
            }
            #expect(!outcome.output.contains("\u{1b}"))
            try await program.expectNothingLeft()
        }

        @Test("With --json it prints one object; every phase has its windows")
        func json() async throws {
            let folder = try Folder()
            let outcome = try await Program.run(
                "attn",
                ["demo", "sensors", "--json", "--seconds", "1", "--sensors", "4", "--share", "0", "--models"]
                    + [try models(in: folder)], in: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let json = try JSON(parsing: outcome.output).object()
            #expect(try (json.int("lost"), json.int("doubled"), json.int("unknown")) == (0, 0, 0))
            #expect(try json.double("accuracy") >= 0.9 && json["worker_share"] == .null)
            let phases = try #require(json["phases"]?.arrayValue)
            #expect(try phases.map { try $0.object().int("workers") } == [3, 5, 4])
            #expect(try phases.allSatisfy { try $0.object().int("windows") > 0 })
        }

        @Test("Models that are not there are told, with what to do")
        func noModels() async throws {
            let outcome = try await Program.run("attn", ["demo", "--models", "nowhere"], in: try Folder())
            #expect(outcome.status == 1 && outcome.error.contains("basic-motions/config.json in nowhere"))
        }

        @Test("The attention demo kills a worker and ends right; piped, it is plain text")
        func attention() async throws {
            let program = try Program("attn", ["demo", "attention", "--repeats", "24"], in: try Folder())
            let outcome = try await program.outcome()
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.isEmpty)
            for part in ["kill -9 worker-", "died on the way; the job did not", "retr", "All taken down"] {
                #expect(outcome.output.contains(part))
            }
            // Once for each job.
            #expect(outcome.output.split(separator: "largest difference from PyTorch's answer: ").count == 3)
            #expect(!outcome.output.contains("\u{1b}"))
            try await program.expectNothingLeft()
        }

        @Test(
            "On a terminal it is drawn again and again; in colours, unless NO_COLOR is set",
            arguments: [[:], ["NO_COLOR": "1"]])
        func terminal(environment: [String: String]) async throws {
            let (terminal, folder) = (try Terminal(), try Folder())
            let program = try Program(
                "attn", ["demo", "--seconds", "1", "--models", try models(in: folder)], environment: environment,
                in: folder, terminal: terminal)
            try await eventually("the demo is over") { terminal.text.contains("All taken down") }
            #expect(try await program.outcome().status == 0)
            #expect(terminal.text.contains("wrist-12") && terminal.text.contains("\u{1b}[J"))
            #expect(terminal.text.contains("\u{1b}[36m") == environment.isEmpty)
        }
    }
}
