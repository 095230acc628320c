import Codecs
import Fleet
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("Any MQTT client") struct RawClientTests {
        @Test("A request without 'updates' gets exactly one message: the result, with its correlation data")
        func oneAnswer() async throws {
            try await withCommandFleet { fleet in
                try await withSpy(at: fleet.brokerURL, on: "my/answers") { client in
                    // The second answer comes after whatever else the first job might have sent.
                    for name in ["first", "second"] {
                        let request = TypedRequest(type: .f16, rank: 3, metadata: ["job": name])
                        try await client.transport.publish(
                            Message(
                                topic: "attn/v1/home/job", payload: try request.encoded, qos: .atLeastOnce,
                                responseTopic: "my/answers", correlationData: Array(name.utf8)))
                        let message = try #require(await client.next())
                        #expect(message.correlationData == Array(name.utf8))
                        let result = try Safetensors(parsing: message.payload)
                        #expect(result.metadata["job"] == name)
                        #expect(result.metadata["status"] == "done")
                        #expect(try result.tensor("Y").shape == request.outputShape)
                        let report = try JSON(parsing: Array(try #require(result.metadata["report"]).utf8)).object()
                        #expect(try report.object("plan").int("shards") > 0)
                    }
                }
            }
        }
    }
}
