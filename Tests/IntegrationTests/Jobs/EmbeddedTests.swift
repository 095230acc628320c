import Codecs
import Dispatcher
import Fleet
import LocalFleet
import Logging
import Mosquitto
import Testing

extension Integration {
    @Suite("A dispatcher within a program", .serialized) struct EmbeddedTests {
        /// A fleet of workers without a dispatcher, and one in this process.
        private func withEmbedded(
            workers: Int = 2, _ body: (DispatcherService, LocalFleet) async throws -> Void
        ) async throws {
            var local = LocalFleet.Options()
            (local.workers, local.slots, local.hasDispatcher) = (workers, 1, false)
            local.logLevel = "error"
            try await withLocalFleet(local) { fleet in
                var options = DispatcherOptions(
                    id: peer("embedded"), fleet: TestFleet.name, epoch: UInt64.random(in: 1...1 << 50), version: "test")
                options.isEmbedded = true
                let address = try BrokerAddress(parsing: fleet.brokerURL)
                try await withMosquitto(address, options: options.client) { transport in
                    let logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
                    try await withDispatcher(options, transport: transport, logger: logger) { dispatcher in
                        try await body(dispatcher, fleet)
                    }
                }
            }
        }

        private func payload(_ sample: SampleJob, _ name: String) throws -> [UInt8] {
            try JobRequest.encode(try sample.request(), as: job(name), timeout: .seconds(30))
        }

        @Test("Runs jobs on the fleet's workers, one after the other and side by side")
        func jobs() async throws {
            try await withEmbedded { dispatcher, _ in
                #expect(await dispatcher.hasWorkers(within: .seconds(30)))
                let sample = SampleJob(queries: 100, keys: 300)
                for number in 0..<3 {
                    try await sample.check(await dispatcher.run(try payload(sample, "one-\(number)")))
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<10 {
                        let sample = SampleJob(queries: 20 + number, keys: 50, seed: UInt64(number))
                        let payload = try payload(sample, "many-\(number)")
                        group.addTask { try await sample.check(await dispatcher.run(payload)) }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("Takes no job from the job topic, and leaves no word of itself at the broker")
        func isNobodyElses() async throws {
            try await withEmbedded { dispatcher, fleet in
                _ = await dispatcher.hasWorkers(within: .seconds(30))
                let address = try BrokerAddress(parsing: fleet.brokerURL)
                try await withMosquitto(address, options: ClientOptions(clientID: "spy")) { spy in
                    let topics = TestFleet.topics
                    try await spy.subscribe([Subscription("\(topics.root)/dispatcher/#", qos: .atLeastOnce)])
                    try await spy.publish(
                        Message(
                            topic: topics.job, payload: try payload(SampleJob(), "strange"), qos: .atLeastOnce,
                            responseTopic: "\(topics.root)/answer/spy"))
                    let sample = SampleJob()
                    try await sample.check(await dispatcher.run(try payload(sample, "own")))
                    // What was kept would have come before this.
                    try await spy.publish(
                        Message(topic: "\(topics.root)/dispatcher/end/status", payload: Array("online".utf8)))
                    for await case .message(let message) in spy.events {
                        if message.topic.hasSuffix("/dispatcher/end/status") { break }
                        #expect(!message.retain, "\(message.topic)")
                    }
                }
                #expect(await dispatcher.counters.jobsStarted == 1)
            }
        }

        @Test("A caller that is cancelled cancels the job, and the dispatcher still goes in order")
        func cancellation() async throws {
            try await withEmbedded(workers: 0) { dispatcher, _ in
                let payload = try payload(SampleJob(), "given-up")
                let running = Task { await dispatcher.run(payload) }
                try await eventually("the job runs") { await dispatcher.counters.jobsStarted == 1 }
                running.cancel()
                #expect(await running.value.errorCode == "cancelled")
                try await eventually("the job is gone") { await dispatcher.tables.jobs == 0 }
            }
        }

        @Test("An error of the body comes out, after the dispatcher has gone")
        func failure() async throws {
            struct Failure: Error {}
            await #expect(throws: Failure.self) {
                try await withEmbedded(workers: 0) { _, _ in throw Failure() }
            }
        }
    }
}
