import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("attn plan", .serialized) struct PlanTests {
        let folder: Folder

        init() throws { folder = try Folder() }

        private func plan(_ arguments: String...) async throws -> Program.Outcome {
            try folder.write(try TypedRequest(type: .f32, rank: 4).encoded, to: "q")
            return try await Program.run("attn", ["plan", "q"] + arguments, in: folder)
        }

        @Test("Tells, of a fleet in a file, the plan, the candidates, the shares and what limits; and draws it")
        func file() async throws {
            try folder.write(
                Array(
                    #"{"workers": [{"id": "a", "gflops": 0.001}, {"id": "b", "gflops": 0.001}], "here": {"gflops": 0.0001}}"#
                        .utf8), to: "fleet.json")
            let outcome = try await plan("--fleet", "fleet.json", "--explain", "--svg", "plan.svg")
            #expect(outcome.status == 0, "\(outcome.error)")
            for words in ["ms predicted", "Candidates", "one worker", "here", "Shares:", "The last shard is done at"] {
                #expect(outcome.output.contains(words), "\(words)")
            }
            #expect(folder.files == ["fleet.json", "plan.svg", "q"])
            let json = try await plan("--fleet", "fleet.json", "--json")
            let object = try JSON(parsing: Array(json.output.utf8)).object()
            let shares = try object.objects("shares")
            #expect(abs(try shares.reduce(0) { $0 + (try $1.double("of_the_work")) } - 1) < 1e-9)
            #expect(try object.double("predicted_ms") > 0 && object.objects("candidates").count > 1)
        }

        @Test("Says what is wrong with a file, or that nobody is there")
        func refusals() async throws {
            try folder.write(Array(#"{"workers": [{"id": "a", "gflops": "much"}]}"#.utf8), to: "bad.json")
            try folder.write(Array(#"{"workers": []}"#.utf8), to: "empty.json")
            for (name, says) in [
                ("bad.json", "bad.json: workers[0].gflops"), ("empty.json", "no worker"),
                ("none.json", "cannot be read"),
            ] {
                let outcome = try await plan("--fleet", name)
                #expect(outcome.status == 1 && outcome.error.contains(says), "\(name): \(outcome.error)")
            }
            let both = try await plan("--fleet", "empty.json", "--broker", "mqtt://x")
            #expect(both.status == 64 && both.error.contains("exclude each other"))
            let neither = try await plan()
            #expect(neither.status == 1 && neither.error.contains("--fleet FILE.json"))
        }

        @Test("Plans for the fleet at a broker, as its dispatcher has measured it")
        func measured() async throws {
            try await withCommandFleet { fleet in
                let outcome = try await plan("--broker", fleet.brokerURL, "--json")
                #expect(outcome.status == 0, "\(outcome.error)")
                let shares = try JSON(parsing: Array(outcome.output.utf8)).object().objects("shares")
                #expect(try shares.allSatisfy { try $0.string("worker").hasPrefix("worker-") })
            }
        }

        @Test("Says which dispatcher's word cannot be read, and waits for another")
        func unreadable() async throws {
            try await withCommandFleet { fleet in
                let address = try BrokerAddress(parsing: fleet.brokerURL)
                try await withMosquitto(address, options: ClientOptions(clientID: "odd")) { transport in
                    try await transport.publish(
                        Message(
                            topic: "attn/v1/home/dispatcher/odd/stats", payload: Array(#"{"fleet":7}"#.utf8),
                            qos: .atLeastOnce, retain: true))
                    // Answered only after what came before it was taken.
                    try await transport.subscribe([Subscription("odd", qos: .atLeastOnce)])
                }
                let outcome = try await plan("--broker", fleet.brokerURL)
                #expect(outcome.status == 0)
                #expect(outcome.error.contains("dispatcher/odd/stats cannot be read"), "\(outcome.error)")
            }
        }
    }
}
