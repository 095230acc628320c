import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("attn-worker and attn-dispatcher", .serialized) struct ServiceTests {
        static let (status, info) = ("attn/v1/home/worker/w/status", "attn/v1/home/worker/w/info")

        @Test("A flag wins over the environment, the environment over the file")
        func precedence() async throws {
            let folder = try Folder()
            try await withLocalBroker { broker in
                try folder.write(
                    #"{"broker": "\#(broker.url)", "id": "w", "slots": 3, "labels": {"room": "attic"}}"#,
                    to: "worker.json")
                let lives: [(arguments: [String], environment: [String: String], slots: Int, room: String)] = [
                    ([], [:], 3, "attic"), ([], ["ATTN_SLOTS": "2", "ATTN_LABELS": "room=lab"], 2, "lab"),
                    (["--slots", "1"], ["ATTN_SLOTS": "2"], 1, "attic"),
                ]
                for life in lives {
                    try await withProgram(
                        "attn-worker", ["--config", "worker.json"] + life.arguments, environment: life.environment,
                        in: folder
                    ) { worker in
                        #expect(try await worker.lineOfOutput(after: "ready") == "")
                        try await withSpy(at: broker.url, on: Self.info) { spy in
                            let info = try WorkerInfo(decoding: try #require(await spy.next()).payload)
                            #expect(info.slots == life.slots)
                            #expect(info.labels == ["room": life.room])
                        }
                        worker.send(SIGTERM)
                        #expect(try await worker.outcome().status == 0)
                    }
                }
            }
        }

        @Test("The plain kernels can be asked for")
        func plainKernels() async throws {
            let folder = try Folder()
            try await withLocalBroker { broker in
                try await withProgram(
                    "attn-worker", ["--broker", broker.url, "--id", "w"], environment: ["ATTN_ISA": "baseline"],
                    in: folder
                ) { _ in
                    try await withSpy(at: broker.url, on: Self.info) { spy in
                        let info = try WorkerInfo(decoding: try #require(await spy.next()).payload)
                        #expect(info.instructionSet == "baseline")
                    }
                }
            }
        }

        @Test(
            "Settings that cannot be used are refused, with what they should be",
            arguments: [
                (["--config", "mistyped.json"], [:], ["mistyped.json: unknown key 'slotz'; did you mean 'slots'?"]),
                (["--config", "broken.json"], [:], ["broken.json: "]),
                (["--config", "none.json"], [:], ["none.json cannot be read: No such file"]),
                ([], [:], ["no broker is named", "--broker", "ATTN_BROKER", "--config"]),
                (["--broker", "tcp://pi"], [:], ["mqtt://"]),
                (["--broker", "mqtt://pi:99999"], [:], ["the port must be 1 to 65535"]),
                (["--broker", "mqtt://pi", "--slots", "0"], [:], ["--slots must be a whole number from 1 to 1024"]),
                (["--broker", "mqtt://pi"], ["ATTN_SLOTS": "two"], ["ATTN_SLOTS='two'"]),
                (["--broker", "mqtt://pi"], ["ATTN_ISA": "mmx"], ["mmx"]),
                (["--broker", "mqtt://pi", "--id", "a b"], [:], ["id 'a b' is no name"]),
                (["--broker", "mqtt://pi", "--log-level", "loud"], [:], ["log_level 'loud'"]),
                (["--broker", "mqtt://pi", "--password-file", "none"], [:], ["none cannot be read"]),
            ] as [([String], [String: String], [String])])
        func refused(arguments: [String], environment: [String: String], says: [String]) async throws {
            let folder = try Folder()
            try folder.write(#"{"broker": "mqtt://pi", "slotz": 1}"#, to: "mistyped.json")
            try folder.write(#"{"broker": "#, to: "broken.json")
            let outcome = try await Program.run("attn-worker", arguments, environment: environment, in: folder)
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.error.hasPrefix("Error: "))
            for part in says { #expect(outcome.error.contains(part)) }
        }

        @Test(
            "Told to go, or killed, it is offline at the broker for all who look",
            arguments: [SIGTERM, SIGINT, SIGKILL])
        func offline(signal: Int32) async throws {
            let folder = try Folder()
            try await withLocalBroker { broker in
                for (program, topic) in [
                    ("attn-worker", Self.status), ("attn-dispatcher", "attn/v1/home/dispatcher/w/status"),
                ] {
                    try await withProgram(program, ["--broker", broker.url, "--id", "w"], in: folder) { service in
                        _ = try await service.lineOfOutput(after: "ready")
                        try await withSpy(at: broker.url, on: topic) { spy in
                            _ = try await spy.next { $0.payload == Array("online".utf8) }
                            service.send(signal)
                            _ = try await spy.next { $0.payload == Array("offline".utf8) }
                        }
                        #expect(try await service.outcome().status == (signal == SIGKILL ? 128 + SIGKILL : 0))
                    }
                    // Kept for those who come later.
                    try await withSpy(at: broker.url, on: topic) { spy in
                        let last = await spy.next()
                        #expect(last?.payload == Array("offline".utf8))
                        #expect(last?.retain == true)
                    }
                }
            }
        }

        @Test("A second signal ends it in the middle of a task")
        func secondSignal() async throws {
            let folder = try Folder()
            // One task of several seconds: 2 · 2 · 16384² · 64 floating-point operations.
            let sample = SampleJob(queryHeads: 1, kvHeads: 1, queries: 16_384, keys: 16_384, headSize: 64)
            try folder.write(try sample.request().bytes, to: "q")
            var options = LocalFleet.Options()
            options.workers = 0
            // Its dispatcher would wait for the job.
            options.stopBound = .zero
            options.moreDispatcherArguments = ["--message-bytes", String(1 << 28)]
            try await withLocalFleet(options) { fleet in
                let slow = ["--broker", fleet.brokerURL, "--id", "w", "--slots", "1"]
                try await withProgram("attn-worker", slow, environment: ["ATTN_ISA": "baseline"], in: folder) {
                    worker in
                    _ = try await worker.lineOfOutput(after: "ready")
                    try await withSpy(at: fleet.brokerURL, on: "attn/v1/home/task/w/+") { spy in
                        try await withProgram(
                            "attn", ["attend", "q", "-o", "y", "--broker", fleet.brokerURL], in: folder
                        ) { _ in
                            _ = try #require(await spy.next())
                            // The task has left the broker for the worker as well.
                            try await eventually("the worker computes") {
                                try ProcessTime.ofProcess(worker.processID) > .milliseconds(300)
                            }
                            worker.send(SIGTERM)
                            try await worker.says("draining held=")
                            #expect(!worker.error.contains("draining held=0"))
                            // The same one again at once could be the first, sent to the process and to its group.
                            worker.send(SIGINT)
                            #expect(try await worker.outcome(within: .seconds(2)).status == 128 + SIGINT)
                        }
                    }
                }
            }
        }

        @Test("Without its broker it keeps trying, says so once, and is born when the broker comes")
        func absentBroker() async throws {
            let folder = try Folder()
            try await withLocalBroker { broker in
                let late = LateService()
                try await broker.restart(signal: SIGKILL) {
                    await late.start(["--broker", broker.url, "--id", "late"], in: folder)
                }
                let program = try #require(await late.program)
                defer { program.send(SIGKILL) }
                _ = try await program.lineOfOutput(after: "ready")
                let complaints = program.error.split(separator: "\n").filter { $0.contains("nothing listens at") }
                #expect(complaints.count == 1)
            }
        }

        @Test("A wrong password is told by every program; the right one, from a file or the environment, is taken")
        func password() async throws {
            let folder = try Folder()
            try await withLoginBroker(users: ["kitchen"], in: folder) { broker in
                try folder.write("wrong\n", to: "wrong")
                let login = ["--broker", broker.url, "--user", "kitchen", "--id", "kitchen"]
                for program in ["attn-worker", "attn-dispatcher"] {
                    try await withProgram(program, login + ["--password-file", "wrong"], in: folder) {
                        try await $0.says("refused the user 'kitchen'")
                        #expect($0.output.isEmpty)
                    }
                    try await withProgram(program, login, environment: ["ATTN_PASSWORD": "kitchen-secret"], in: folder)
                    {
                        _ = try await $0.lineOfOutput(after: "ready")
                    }
                }
                try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
                let refused = try await Program.run(
                    "attn", ["attend", "q", "-o", "y", "--broker", broker.url, "--user", "kitchen"],
                    environment: ["ATTN_PASSWORD": "wrong"], in: folder)
                #expect(refused.status == 1)
                #expect(refused.error.contains("refused the user 'kitchen'"))
                #expect(!refused.error.contains("wrong"))
            }
        }
    }
}

/// Started while its broker is down.
private actor LateService {
    private(set) var program: Program?

    func start(_ arguments: [String], in folder: Folder) async {
        do {
            let program = try Program("attn-worker", arguments, in: folder)
            self.program = program
            try await program.says("nothing listens at")
        } catch {
            Issue.record(error)
        }
    }
}
