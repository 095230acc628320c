import Codecs
import Foundation
import LocalFleet
import Testing

extension Integration {
    @Suite("attn up", .serialized) struct UpTests {
        @Test("Says its URL once it is ready, serves, and ends with 0 at a signal", arguments: [SIGTERM, SIGINT])
        func life(signal: Int32) async throws {
            let folder = try Folder()
            try await withProgram("attn", ["up", "--workers", "2", "--slots", "1"], in: folder) { up in
                let url = try await up.lineOfOutput(after: "broker: ")
                #expect(try Regex(#"^mqtt://127\.0\.0\.1:[0-9]+$"#).firstMatch(in: url) != nil)
                #expect(up.output == "broker: \(url)\n")
                // Itself, a broker, a dispatcher and two workers.
                #expect(RunningProcesses.all(with: up.mark).count == 5)
                try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
                let job = try await Program.run("attn", ["attend", "q", "-o", "y", "--broker", url], in: folder)
                #expect(job.status == 0)
                up.send(signal)
                let outcome = try await up.outcome()
                #expect(outcome.status == 0)
                #expect(!(outcome.output + outcome.error).contains("\u{1b}"))
                try await up.expectNothingLeft()
            }
        }

        @Test("Killed, it takes everything down with it")
        func killed() async throws {
            try await withProgram("attn", ["up", "--workers", "2"], in: try Folder()) { up in
                _ = try await up.lineOfOutput(after: "broker: ")
                up.send(SIGKILL)
                #expect(try await up.outcome().status == 128 + SIGKILL)
                try await up.expectNothingLeft()
            }
        }

        @Test("A port in use is named; nothing is left running")
        func portInUse() async throws {
            try await withLocalBroker { broker in
                let up = try Program("attn", ["up", "--port", String(broker.port)], in: try Folder())
                let outcome = try await up.outcome()
                #expect(outcome.status == 1)
                #expect(outcome.output.isEmpty)
                #expect(outcome.error.hasPrefix("attn up: port \(broker.port) at 127.0.0.1 is in use"))
                try await up.expectNothingLeft()
            }
        }

        @Test(
            "Wrong options are refused before anything is started",
            arguments: [
                ["--workers", "0"], ["--port", "0"], ["--port", "99999"], ["--fleet", "a b"], ["--wrokers", "2"],
            ])
        func wrongOptions(arguments: [String]) async throws {
            let outcome = try await Program.run("attn", ["up"] + arguments, in: try Folder())
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(arguments[0]))
            #expect(outcome.error.contains("Usage: attn up"))
        }
    }
}
