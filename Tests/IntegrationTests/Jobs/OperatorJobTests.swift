// The operators' features through real workers, cut small, against the same request computed in this process.

import AttnMath
import Client
import Codecs
import Dispatcher
import Fleet
import Logging
import Testing

extension Integration {
    @Suite("Operators through a real broker", .serialized) struct OperatorJobTests {
        /// Two batch rows, four heads on two, 24 queries and 56 keys, of which 16 are past unless they are padded.
        private func request(isPadded: Bool, _ metadata: [String: String]) throws -> Safetensors {
            var random = SeededGenerator(seed: 5)
            func tensor(_ name: String, _ shape: [Int], _ type: TensorType = .f32) -> TensorSource {
                let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
                guard type == .f16 else { return TensorSource(name, .f32, shape: shape, numbers) }
                return TensorSource(name, .f16, shape: shape, numbers.map { Float16($0) })
            }
            var tensors = [tensor("Q", [2, 4, 24, 16])]
            if isPadded {
                tensors += [tensor("K", [2, 2, 56, 16]), tensor("V", [2, 2, 56, 8])]
                tensors.append(TensorSource("nonpad_kv_seqlen", .i64, shape: [2], [Int64]([10, 50])))
            } else {
                tensors += [tensor("K", [2, 2, 40, 16]), tensor("V", [2, 2, 40, 8])]
                tensors += [tensor("past_key", [2, 2, 16, 16]), tensor("past_value", [2, 2, 16, 8])]
            }
            if metadata["op"] == "AdditiveAttention" {
                tensors += [
                    tensor("W_query", [4, 12, 16]), tensor("W_key", [12, 16], .f16), tensor("w_score", [4, 12]),
                ]
            }
            return try Safetensors(parsing: try Safetensors.encode(metadata: metadata, tensors: tensors))
        }

        @Test(
            "Every feature, in tasks of a few kilobytes, answers as local execution does",
            arguments: [
                (false, ["is_causal": "1", "outputs": "Y,present_key,present_value", "softmax_precision": "11"]),
                (false, ["left_window_size": "9", "right_window_size": "3", "softcap": "0.5"]),
                (true, ["left_window_size": "9", "is_causal": "1", "outputs": "qk_matmul_output,Y"]),
                (true, ["qk_matmul_output_mode": "3", "outputs": "Y,qk_matmul_output", "softcap": "2"]),
                (false, ["op": "AdditiveAttention", "is_causal": "1", "outputs": "Y,present_value"]),
                (
                    true,
                    ["op": "AdditiveAttention", "qk_matmul_output_mode": "3", "outputs": "Y,qk_matmul_output"]
                ),
            ])
        func features(isPadded: Bool, metadata: [String: String]) async throws {
            let request = try request(isPadded: isPadded, metadata)
            let local = LocalExecutor(kernel: .best, threads: 1)
            let expected = try #require(try await local.run(JobRequest.encode(request, as: job("here"))).tensors)
            try await withTestFleet(adjust: { $0.messageBytes = 3000 }) { fleet in
                let answer = try await fleet.client.run(request, as: job("cut"), timeout: .seconds(60))
                let got = try #require(answer.tensors, "\(answer.errorMessage ?? "")")
                #expect(try #require(answer.report?.objectValue).object("plan").int("key_ranges") > 1)
                #expect(got.tensors.map(\.name) == expected.tensors.map(\.name))
                for tensor in expected.tensors {
                    let (numbers, others) = (
                        try expected.elements(of: tensor, as: Float.self),
                        try got.elements(of: got.tensor(tensor.name), as: Float.self)
                    )
                    #expect(try got.tensor(tensor.name).shape == tensor.shape)
                    // Values and scaled scores are within a few units, and each side within some roundings of the truth.
                    #expect(zip(numbers, others).allSatisfy { $0 == $1 || abs($0 - $1) <= 64 * 0x1p-23 })
                }
            }
        }

        @Test("Outputs that the broker could not carry are refused before any work")
        func answerTooLarge() async throws {
            let broker = InMemoryBroker(maximumPacketSize: 20_000)
            let options = DispatcherOptions(id: peer("d"), fleet: TestFleet.name, epoch: 1, version: "test")
            try await broker.withTransport(options.client) { transport in
                let dispatcher = DispatcherService(
                    options, transport: transport, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
                let running = Task { try await dispatcher.run() }
                try await broker.withTransport(ClientOptions(clientID: "client")) { clientTransport in
                    try await withFleetClient(id: peer("client"), fleet: TestFleet.name, transport: clientTransport) {
                        var sample = SampleJob(queryHeads: 1, kvHeads: 1, queries: 80, keys: 80, headSize: 8)
                        sample.outputs = "Y,qk_matmul_output"
                        let answer = try await $0.run(try sample.request(), as: job("large"), timeout: .seconds(10))
                        #expect(answer.errorCode == "too-large")
                        #expect(answer.errorMessage?.contains("28160 bytes") == true)
                    }
                }
                #expect(await dispatcher.counters.jobsStarted == 0)
                await dispatcher.drain()
                try await running.value
            }
        }
    }
}
