import Client
import Codecs
import Dispatcher
import Fleet
import Foundation
import LocalFleet
import Models
import Mosquitto
import Testing

extension Integration {
    @Suite("Models on the fleet", .serialized) struct InferenceTests {
        @Test("Each strategy gives what one process gives, whatever the number of workers", arguments: [1, 2, 3, 5])
        func strategies(workers: Int) async throws {
            try await withModelFleet(workers: workers) { fleet, model in
                for (number, lengths) in [[19, 1, 7, 24, 2], [32], [1], Array(repeating: 3, count: 40)].enumerated() {
                    for strategy in ["replicate", "positions", "heads", "auto"] {
                        let batch = model.batch(lengths: lengths, seed: UInt64(number))
                        let answer = try await fleet.client.run(
                            try model.request(batch, strategy: strategy), as: job("\(strategy)-\(number)"),
                            timeout: .seconds(60))
                        try model.check(answer, batch)
                        let plan = try #require(answer.report?.objectValue).object("plan")
                        if strategy == "positions" {
                            let rows = lengths.reduce(0, +)
                            #expect(try plan.int("stages") == 3)
                            #expect(try plan.int("shards") == 3 * min(workers, rows))
                        }
                        if strategy == "heads" {
                            #expect(try plan.int("stages") == 6)
                            #expect(try plan.int("shards") == 6 * min(workers, model.heads))
                        }
                    }
                }
            }
        }

        @Test("A layer of attention that the workers hold gives what PyTorch's gives")
        func layer() async throws {
            let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../TransformerTests/Vectors/mha_self.safetensors").standardizedFileURL
            let file = try Safetensors(parsing: Array(Data(contentsOf: vectors)))
            func tensor(_ name: String) throws -> TensorSource {
                let info = try file.tensor("longer/\(name)")
                return TensorSource(name, .f32, shape: info.shape, try file.elements(of: info, as: Float.self))
            }
            let folder = NSTemporaryDirectory() + "attn-layers-" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(atPath: "\(folder)/layer", withIntermediateDirectories: true)
            let config = #"{"model_type": "multihead_attention", "embed_dim": 32, "num_heads": 4}"#
            try Data(config.utf8).write(to: URL(fileURLWithPath: "\(folder)/layer/config.json"))
            let weights = try ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map(tensor)
            try Data(Safetensors.encode(tensors: weights))
                .write(to: URL(fileURLWithPath: "\(folder)/layer/model.safetensors"))
            let library = try ModelLibrary(folder: folder)
            try await withTestFleet(workers: 3, adjust: { $0.models = library }) { fleet in
                let request = try Safetensors(
                    parsing: Safetensors.encode(
                        metadata: ["op": "MultiHeadAttention", "model": "layer"], tensors: [try tensor("query")]))
                let answer = try await fleet.client.run(request, as: job("layer"), timeout: .seconds(60))
                try #require(answer.status == .done, "\(answer.errorMessage ?? "")")
                let result = try #require(answer.tensors)
                let output = try result.elements(of: result.tensor("output"), as: Float.self)
                let exact = try file.elements(of: file.tensor("longer/exact.output"), as: Double.self)
                // Numbers of about 1, from sums of 32: float32 is some roundings off.
                #expect(output.count == exact.count)
                #expect(zip(output, exact).allSatisfy { abs(Double($0) - $1) < 1e-5 })
                #expect(try answer.report?.object().object("plan").int("shards") ?? 0 >= 3)
            }
        }

        @Test("Workers die in the middle of layers; the requests are answered all the same")
        func deaths() async throws {
            try await withModelFleet(workers: 3) { fleet, model in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // Two: a shard that was running as three workers died would be given up as poison.
                        for round in 0..<2 {
                            let name = LocalFleet.worker(round % 3 + 1)
                            try await fleet.local.kill(name, signal: SIGKILL)
                            _ = try await fleet.local.waitForExit(of: name, within: .seconds(10))
                            try await fleet.local.startWorker(name)
                        }
                    }
                    for lane in 0..<4 {
                        group.addTask {
                            for round in 0..<12 {
                                let batch = model.batch(seed: UInt64(100 * lane + round))
                                let answer = try await fleet.client.run(
                                    try model.request(
                                        batch, strategy: ["positions", "replicate", "heads", "heads"][lane]),
                                    as: job("death-\(lane)-\(round)"), timeout: .seconds(60))
                                try model.check(answer, batch)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("A worker that joins late fetches what it lacks; one that comes back has it in its cache")
        func lateWorker() async throws {
            let cache = NSTemporaryDirectory() + "attn-cache-" + UUID().uuidString
            defer { try? FileManager.default.removeItem(atPath: cache) }
            try await withModelFleet(workers: 1, workerArguments: ["--cache", cache]) { fleet, model in
                let batch = model.batch()
                let digest = model.library.models[0].digest.description
                for round in 0..<3 {
                    let answer = try await fleet.client.run(
                        try model.request(batch, strategy: "auto"), as: job("round-\(round)"), timeout: .seconds(60))
                    try model.check(answer, batch)
                    #expect(try FileManager.default.contentsOfDirectory(atPath: cache) == [digest])
                    try await fleet.local.kill(LocalFleet.worker(1), signal: SIGKILL)
                    _ = try await fleet.local.waitForExit(of: LocalFleet.worker(1), within: .seconds(10))
                    if round == 1 { try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(cache)/\(digest)")) }
                    try await fleet.local.startWorker(LocalFleet.worker(1))
                }
            }
        }

        @Test("A request in JSON is answered in JSON, whatever becomes of it")
        func json() async throws {
            try await withModelFleet(workers: 1) { fleet, _ in
                try await fleet.withIntruder("json-client") { transport in
                    let topic = "my/answers"
                    try await transport.subscribe([Subscription(topic, qos: .atLeastOnce)])
                    let requests: [(String, String)] = [
                        (#"{"job":"a","op":"Infer","model":"tiny","inputs":["no tokenizer"]}"#, "invalid-request"),
                        (#"{"job":"b","op":"Infer","model":"huge","inputs":["x"]}"#, "invalid-request"),
                        (#"{"job":"c","op":"Infer","#, "invalid-request"),
                        (#"{"job":"d","op":"Infer","model":"tiny","inputs":[]}"#, "invalid-request"),
                        (#"{"job":"e","op":"Infer","model":"tiny","inputs":["x"],"durable":true}"#, "unsupported"),
                    ]
                    var events = transport.events.makeAsyncIterator()
                    for (request, code) in requests {
                        try await transport.publish(
                            Message(
                                topic: TestFleet.topics.job, payload: Array(request.utf8), qos: .atLeastOnce,
                                responseTopic: topic))
                        var answer: JSON.Object?
                        while answer == nil, let event = await events.next() {
                            if case .message(let message) = event {
                                #expect(message.contentType == "application/json")
                                answer = try JSON(parsing: message.payload).object()
                            }
                        }
                        #expect(try answer?.string("status") == "failed")
                        #expect(try answer?.string("error") == code, "\(request)")
                    }
                }
            }
        }
    }
}
