import Client
import Codecs
import Dispatcher
import Fleet
import Mosquitto
import Testing

extension Integration {
    @Suite("Garbage on every topic", .serialized) struct GarbageTests {
        /// Everything the fleet listens to.
        static var topics: [String] {
            let (topics, worker, dispatcher) = (TestFleet.topics, peer("worker-1"), peer("dispatcher-t"))
            return [
                topics.job, topics.task(worker: worker, dispatcher: dispatcher),
                topics.result(worker: worker, dispatcher: dispatcher),
                topics.control(worker: worker, dispatcher: dispatcher), topics.workerInfo(peer("ghost")),
                topics.workerStats(worker), topics.workerStatus(peer("ghost")),
                topics.dispatcherStatus(peer("ghost")), topics.answer(client: peer("client")),
                "\(topics.root)/worker/no such/level/status", "\(topics.root)/unknown",
            ]
        }

        @Test("Random bytes, cut-off and bent messages, wrong versions: the fleet works on")
        func garbage() async throws {
            try await withTestFleet { fleet in
                try await fleet.withIntruder { transport in
                    var random = SeededGenerator(seed: 3)
                    for payload in try Self.payloads(&random) {
                        for topic in Self.topics {
                            try await transport.publish(
                                Message(
                                    topic: topic, payload: payload, qos: .atLeastOnce,
                                    responseTopic: "attn/v1/home/answer/intruder", correlationData: [1]))
                        }
                    }
                    let sample = SampleJob()
                    let answer = try await fleet.client.run(
                        try sample.request(), as: job("sane"), timeout: .seconds(30))
                    try await sample.check(answer)
                }
                try await fleet.hasSlots(2)
            }
        }

        private static func payloads(_ random: inout SeededGenerator) throws -> [[UInt8]] {
            var payloads: [[UInt8]] = [[], [0], Array("{".utf8), Array("null".utf8)]
            for length in [1, 7, 8, 9, 100, 5000] {
                payloads.append((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
            }
            let request = try JobRequest.encode(try SampleJob(queries: 3, keys: 3).request(), as: job("bent"))
            for length in stride(from: 0, to: request.count, by: request.count / 7) {
                payloads.append(Array(request[..<length]))
            }
            for _ in 0..<10 {
                var bent = request
                bent[Int.random(in: 0..<300, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
                payloads.append(bent)
            }
            payloads.append(try Safetensors.encode(metadata: ["protocol": "9.0", "job": "future"], tensors: []))
            payloads.append(Array(#"{"protocol":"9.0","command":"drain"}"#.utf8))
            return payloads
        }

        @Test(
            "A request that cannot be done is answered with a code that says why",
            arguments: [
                (["is_causal": "perhaps"], "invalid-request"), (["softcap": "-2.5"], "invalid-request"),
                (["op": "Convolution"], "unsupported"), (["outputs": "Y,present"], "invalid-request"),
                (["left_window_size": "-2"], "invalid-request"), (["protocol": "2.0"], "invalid-request"),
                (["scale": "nan"], "invalid-request"), (["deadline_ms": "-1"], "invalid-request"),
            ])
        func refused(metadata: [String: String], code: String) async throws {
            try await withTestFleet(workers: 1) { fleet in
                let sample = try SampleJob().request()
                let payload = try Safetensors.encode(
                    metadata: ["job": "refused"].merging(metadata) { $1 },
                    tensors: sample.tensors.map { TensorSource($0, of: sample) })
                let answer = try await answer(to: payload, fleet)
                #expect(answer.status == .failed)
                #expect(answer.errorCode == code)
                #expect(answer.job == "refused")
            }
        }

        @Test("Inputs with NaN and infinity are computed, as the operator would, and no worker is blamed")
        func notANumber() async throws {
            try await withTestFleet(workers: 2) { fleet in
                let nan = [Float](repeating: .nan, count: 64)
                let ones = [Float](repeating: 1, count: 64)
                let request = try Safetensors(
                    parsing: try Safetensors.encode(tensors: [
                        TensorSource("Q", .f32, shape: [1, 1, 8, 8], nan),
                        TensorSource("K", .f32, shape: [1, 1, 8, 8], ones),
                        TensorSource("V", .f32, shape: [1, 1, 8, 8], ones),
                    ]))
                let answer = try await fleet.client.run(request, as: job("nan"), timeout: .seconds(30))
                #expect(answer.status == .done)
                #expect(await fleet.dispatcher.counters.resultsInvalid == 0)
            }
        }

        @Test("A response topic among the fleet's own gets no answer")
        func stolenVoice() async throws {
            try await withTestFleet(workers: 1) { fleet in
                let payload = try JobRequest.encode(try SampleJob().request(), as: job("thief"))
                try await fleet.withIntruder { transport in
                    for topic in [
                        TestFleet.topics.task(worker: peer("worker-1"), dispatcher: peer("x")), "attn/v1/other/job",
                    ] {
                        try await transport.publish(
                            Message(
                                topic: TestFleet.topics.job, payload: payload, qos: .atLeastOnce, responseTopic: topic))
                    }
                }
                let sample = SampleJob()
                try await sample.check(
                    try await fleet.client.run(try sample.request(), as: job("honest"), timeout: .seconds(30)))
                #expect(await fleet.dispatcher.counters.jobsStarted == 1)
            }
        }

        /// Sends bytes as a job, as any MQTT client would, and waits for the answer.
        private func answer(to payload: [UInt8], _ fleet: TestFleet) async throws -> JobAnswer {
            try await fleet.withIntruder { transport in
                let topic = "answers/of/mine"
                try await transport.subscribe([Subscription(topic, qos: .atLeastOnce)])
                try await transport.publish(
                    Message(
                        topic: TestFleet.topics.job, payload: payload, qos: .atLeastOnce, responseTopic: topic,
                        correlationData: [7]))
                for await case .message(let message) in transport.events {
                    #expect(message.correlationData == [7])
                    return try JobAnswer(decoding: message.payload)
                }
                throw JobError(.noAnswer, "the transport was closed")
            }
        }
    }
}
