import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("attn attend, by a fleet", .serialized) struct AttendTests {
        let folder: Folder

        init() throws { folder = try Folder() }

        @Test("Every type and rank gives the same Y here and by a fleet, in Q's type and rank")
        func sameAnswer() async throws {
            try await withCommandFleet { fleet in
                for type in [TensorType.f32, .f16, .bf16, .f64] {
                    for rank in [3, 4] {
                        let request = TypedRequest(type: type, rank: rank)
                        try folder.write(try request.encoded, to: "q")
                        let here = try await attend("q", "-o", "here", "--local")
                        for isDirect in [false, true] {
                            let there =
                                isDirect
                                ? try await attend("q", "-o", "there", "--direct", "--threads", "1", broker: fleet)
                                : try await attend("q", "-o", "there", "--broker", fleet.brokerURL)
                            #expect(here.status == 0 && there.status == 0, "\(here.error)\(there.error)")
                            try expectSame(request)
                        }
                    }
                }
            }
        }

        private func expectSame(_ request: TypedRequest) throws {
            let files = try (folder.safetensors("here"), folder.safetensors("there"))
            for file in [files.0, files.1] {
                #expect(file.tensors.map(\.name) == ["Y"])
                #expect(try file.tensor("Y").type == request.type)
                #expect(try file.tensor("Y").shape == request.outputShape)
                #expect(file.metadata["status"] == "done")
            }
            let (here, there) = try (TypedRequest.numbers("Y", in: files.0), TypedRequest.numbers("Y", in: files.1))
            let difference = zip(here, there).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(difference <= request.tolerance, "\(request.type) of rank \(request.rank)")
            #expect(here.contains { $0 != 0 })
        }

        @Test("The report is JSON with the plan, its shards and who worked; --json prints it on the standard output")
        func report() async throws {
            try await withCommandFleet { fleet in
                try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
                let outcome = try await attend("q", "-o", "y", "--report", "report.json", "--json", broker: fleet)
                #expect(outcome.status == 0)
                #expect(outcome.error.isEmpty)
                let printed = try JSON(parsing: Array(outcome.output.utf8)).object()
                #expect(try printed.string("status") == "done")
                #expect(try printed.string("output") == "y")
                for report in [try printed.object("report"), try folder.json("report.json")] {
                    let shards = try report.objects("shards")
                    #expect(try report.object("plan").int("shards") == shards.count)
                    #expect(!shards.isEmpty)
                    let workers = try #require(report["workers"]?.arrayValue).compactMap(\.stringValue)
                    #expect(!workers.isEmpty && workers.allSatisfy { $0.hasPrefix("worker-") })
                }
            }
        }

        @Test("Nothing but the result is left, and what is piped has no escape codes; a terminal sees progress")
        func output() async throws {
            try await withCommandFleet { fleet in
                try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
                let piped = try await attend("q", "-o", "y", broker: fleet)
                #expect(folder.files == ["q", "y"])
                #expect(piped.output.isEmpty)
                #expect(piped.error.hasPrefix("y: done in ") && piped.error.contains(" shard"))
                #expect(!piped.error.contains("\u{1b}"))
                let terminal = try Terminal()
                let program = try Program(
                    "attn", ["attend", "q", "-o", "y", "--broker", fleet.brokerURL], in: folder, terminal: terminal)
                #expect(try await program.outcome().status == 0)
                for part in ["connecting to mqtt://", "accepted", " shards"] {
                    #expect(terminal.text.contains("\u{1b}[2K") && terminal.text.contains(part))
                }
                #expect(terminal.text.contains("\u{1b}[2Ky: done in "))
            }
        }

        @Test("A result can go to a device, such as the standard output")
        func device() async throws {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            #expect(try await attend("q", "-o", "/dev/null", "--local").status == 0)
            #expect(folder.files == ["q"])
        }

        @Test("Without a dispatcher, or without a worker, the timeout says which")
        func nobody() async throws {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            for (hasDispatcher, reason) in [(false, "no dispatcher is online"), (true, "no live worker")] {
                try await withCommandFleet(workers: 0, hasDispatcher: hasDispatcher) { fleet in
                    let outcome = try await attend("q", "-o", "y", "--timeout", "0.3", "--json", broker: fleet)
                    #expect(outcome.status == 1)
                    #expect(outcome.error.hasPrefix("Error: the job failed: no-"))
                    #expect(outcome.error.contains(reason))
                    let printed = try JSON(parsing: Array(outcome.output.utf8)).object()
                    #expect(try printed.string("status") == "failed")
                    #expect(try printed.string("message").contains(reason))
                    #expect(folder.files == ["q"])
                }
            }
        }

        @Test("Ctrl-C ends it with 130 and leaves no file")
        func interrupted() async throws {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            try await withCommandFleet(workers: 0, hasDispatcher: false) { fleet in
                try await withSpy(at: fleet.brokerURL, on: TestFleet.topics.job) { spy in
                    try await withProgram(
                        "attn", ["attend", "q", "-o", "y", "--broker", fleet.brokerURL], in: folder
                    ) { program in
                        _ = await spy.next()
                        program.send(SIGINT)
                        let outcome = try await program.outcome(within: .seconds(5))
                        #expect(outcome.status == 130)
                    }
                }
            }
            #expect(folder.files == ["q"])
        }

        private func attend(_ arguments: String..., broker fleet: LocalFleet? = nil) async throws -> Program.Outcome {
            // As in a shell where ATTN_BROKER is set.
            let environment = fleet.map { ["ATTN_BROKER": $0.brokerURL] } ?? [:]
            return try await Program.run("attn", ["attend"] + arguments, environment: environment, in: folder)
        }
    }
}
