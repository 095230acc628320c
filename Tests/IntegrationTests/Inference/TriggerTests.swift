import Codecs
import Fleet
import Foundation
import Logging
import Models
import Mosquitto
import Testing
import Transformer
import Triggers

@testable import Dispatcher

extension Integration {
    @Suite("Triggers on the fleet", .serialized) struct TriggerTests {
        private static let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().appendingPathComponent("../../..").standardizedFileURL.path

        /// The trigger as shipped, but for its deadline: on a busy machine two seconds may be too few.
        private static func shipped() throws -> String {
            let path = "\(root)/config/triggers/basic-motions.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return text.replacingOccurrences(of: "deadline: 2s\n", with: "deadline: 60s\n")
        }

        /// Recordings of the test split, and what the model makes of each in this process.
        private struct Recordings {
            let model: Model
            let x: [Float]
            let count: Int

            init(cases: Int) throws {
                model = try Model(folder: "\(root)/models/basic-motions", hasLayers: true)
                let path = "\(root)/models/basic-motions/test.safetensors"
                let file = try Safetensors(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
                x = try file.elements(of: file.tensor("x"), as: Float.self)
                count = cases
            }

            /// As config/triggers/basic-motions.yaml reads it.
            func reading(_ sensor: Int, _ step: Int) -> [UInt8] {
                let values = (0..<6).map { JSON(Double(x[(sensor * 6 + $0) * 100 + step])) }
                let json: JSON = [
                    "t": JSON(1_000_000_000 + Double(step) / 10),
                    "accelerometer": ["x": values[0], "y": values[1], "z": values[2]],
                    "gyroscope": ["x": values[3], "y": values[4], "z": values[5]],
                ]
                return json.encoded()
            }

            func label(_ sensor: Int) throws -> String {
                let window = SeriesBatch(
                    values: Array(x[sensor * 600..<(sensor + 1) * 600]), windows: 1, channels: 6, length: 100)
                let result = try model.encoder.infer(.series(window), workspace: EncoderWorkspace())?.first
                guard case .logits(let logits)? = result else { return "" }
                let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
                return model.configuration.labels[best]
            }
        }

        @Test("Sensors publish, and the results are on their topics, whatever else is published")
        func results() async throws {
            let recordings = try Recordings(cases: 12)
            let file = TriggerFile(
                name: "basic-motions.yaml",
                text: try Self.shipped())
            let triggers = try file.triggers()
            let library = ModelLibrary([recordings.model])
            #expect(TriggerFitness.flaws(of: triggers, library) == [])
            try await withTestFleet(
                workers: 2,
                adjust: {
                    $0.models = library
                    $0.triggers = triggers
                }
            ) { fleet in
                try await fleet.withIntruder("watches") { transport in
                    try await transport.subscribe([Subscription("inference/#", qos: .atLeastOnce)])
                    try await publish(recordings, transport)
                    var results: [String: JSON.Object] = [:]
                    for await case .message(let message) in transport.events {
                        results[message.topic] = try JSON(parsing: message.payload).object()
                        if results.count == recordings.count { break }
                    }
                    for sensor in 0..<recordings.count {
                        let result = try #require(results["inference/watch\(sensor)/activity"])
                        #expect(try result.string("activity") == recordings.label(sensor))
                        #expect(try result.string("sensor").contains("watch\(sensor)"))
                    }
                }
                let stats = try #require(await fleet.dispatcher.triggers?.counters(of: triggers[0].name))
                #expect(stats.published == recordings.count && stats.failed == 0)
                #expect(stats.received == recordings.count * 102, "readings, one doubled each, and garbage")
                #expect(stats.droppedInAll == recordings.count * 2)
            }
        }

        @Test("Home Assistant is told of dispatcher, workers and sensors, and rid of triggers that are gone")
        func homeAssistant() async throws {
            let text = try Self.shipped()
            let gone = try TriggerFile(
                name: "gone", text: text.replacingOccurrences(of: "name: basic-motions\n", with: "name: gone\n")
            ).triggers()
            let recordings = try Recordings(cases: 1)
            let triggers = try TriggerFile(name: "basic-motions.yaml", text: text).triggers()
            let library = ModelLibrary([recordings.model])
            try await withTestFleet(
                workers: 1,
                adjust: {
                    $0.models = library
                    $0.triggers = gone
                }
            ) { fleet in
                try await fleet.withIntruder("home-assistant") { home in
                    try await home.subscribe([Subscription("homeassistant/#", qos: .atLeastOnce)])
                    var events = home.events.makeAsyncIterator()
                    // Retained ones as well: dispatcher and worker were announced before this client came.
                    func next(_ part: String, isRemoval: Bool = false) async throws -> Message {
                        while let event = await events.next() {
                            if case .message(let message) = event, message.topic.contains(part),
                                message.payload.isEmpty == isRemoval
                            {
                                return message
                            }
                        }
                        throw CancellationError()
                    }
                    _ = try await next("dispatcher")
                    _ = try await next("worker-1")
                    try await publish(recordings, home)
                    let sensor = try await next("attn_trigger")
                    let device = try JSON(parsing: sensor.payload).object()
                    #expect(try device.object("device").string("name") == "Wrist watch0")

                    try await withDispatcher("dispatcher-u", triggers, library, fleet) {
                        let removal = try await next("attn_trigger", isRemoval: true)
                        #expect(removal.topic == sensor.topic)
                    }
                }
            }
        }

        /// One more dispatcher, with triggers of its own.
        private func withDispatcher(
            _ name: String, _ triggers: [Trigger], _ library: ModelLibrary, _ fleet: TestFleet,
            _ body: () async throws -> Void
        ) async throws {
            var options = DispatcherOptions(
                id: PeerID(name)!, fleet: TestFleet.name, epoch: UInt64.random(in: 1...1 << 50), version: "test")
            (options.models, options.triggers) = (library, triggers)
            try await withMosquitto(fleet.address, options: options.client) { [options] transport in
                let dispatcher = DispatcherService(
                    options, transport: transport, logger: Logger(label: "u") { _ in SwiftLogNoOpLogHandler() })
                let running = Task { try await dispatcher.run() }
                try await body()
                await dispatcher.drain()
                try await running.value
            }
        }

        private func publish(_ recordings: Recordings, _ transport: MosquittoTransport) async throws {
            for step in 0..<100 {
                for sensor in 0..<recordings.count {
                    let topic = "sensors/watch\(sensor)/motion"
                    let reading = recordings.reading(sensor, step)
                    try await transport.publish(Message(topic: topic, payload: reading, qos: .atLeastOnce))
                    guard step == 50 else { continue }
                    try await transport.publish(Message(topic: topic, payload: reading, qos: .atLeastOnce))
                    try await transport.publish(
                        Message(topic: topic, payload: Array("no reading".utf8), qos: .atLeastOnce))
                }
            }
        }
    }
}
