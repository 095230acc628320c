import Client
import Dispatcher
import Fleet
import Foundation
import LocalFleet
import Logging
import Mosquitto
import Testing

extension Integration {
    /// One fleet, one broker, and two who give its workers tasks without knowing of each other.
    @Suite("Two dispatchers on one fleet") struct TwoDispatchersTests {
        /// Runs `body` with workers and two dispatchers in this process, each of which sees all of them.
        private func withTwoDispatchers(
            workers: Int, _ body: (BrokerAddress, DispatcherService, DispatcherService) async throws -> Void
        ) async throws {
            var options = LocalFleet.Options()
            (options.workers, options.slots, options.hasDispatcher) = (workers, 1, false)
            options.logLevel = "error"
            try await withLocalFleet(options) { local in
                let address = try BrokerAddress(parsing: local.brokerURL)
                try await withDispatcher("a", at: address, workers: workers) { one in
                    try await withDispatcher("b", at: address, workers: workers) { two in
                        try await body(address, one, two)
                    }
                }
            }
        }

        private func withDispatcher(
            _ name: String, at address: BrokerAddress, workers: Int, _ body: (DispatcherService) async throws -> Void
        ) async throws {
            let options = DispatcherOptions(
                id: peer("dispatcher-\(name)"), fleet: TestFleet.name, epoch: UInt64.random(in: 1...1 << 50),
                version: "test")
            let logger = Logger(label: name) { _ in SwiftLogNoOpLogHandler() }
            try await withMosquitto(address, options: options.client) { transport in
                try await Dispatcher.withDispatcher(options, transport: transport, logger: logger) { dispatcher in
                    try await eventually("dispatcher \(name) sees the workers") {
                        await dispatcher.liveSlots == workers
                    }
                    try await body(dispatcher)
                }
            }
        }

        @Test("Each has its share of a worker, however much more the other wants; nothing is refused or done again")
        func fairShares() async throws {
            try await withTwoDispatchers(workers: 1) { _, greedy, modest in
                let sample = SampleJob(queries: 512, keys: 512)
                @Sendable func run(_ count: Int, _ name: String, _ dispatcher: DispatcherService) async throws {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<count {
                            let payload = try JobRequest.encode(
                                try sample.request(), as: job("\(name)-\(number)"), timeout: .seconds(300))
                            group.addTask { #expect(await dispatcher.run(payload).status == .done) }
                        }
                        try await group.waitForAll()
                    }
                }
                async let more: Void = run(150, "greedy", greedy)
                // The worker has all that it takes of the one when the other comes.
                try await eventually("the first is at work") { await greedy.counters.shardsDone > 0 }
                let before = await greedy.counters.shardsDone
                try await run(30, "modest", modest)
                let (own, other) = (await modest.counters.shardsDone, await greedy.counters.shardsDone - before)
                #expect(Double(own) > 0.4 * Double(other), "\(own) shards while the other had \(other)")
                try await more
                for dispatcher in [greedy, modest] {
                    let counters = await dispatcher.counters
                    #expect(counters.shardsRetried == 0 && counters.resultsDropped == 0 && counters.jobsFailed == 0)
                }
            }
        }

        @Test("Jobs of the job topic are shared out, and each is done by one of them")
        func noDoubleWork() async throws {
            try await withTwoDispatchers(workers: 2) { address, one, two in
                // Published by hand, each once: a client of ours would send again what is not accepted in time.
                let samples = (0..<40).map { SampleJob(seed: UInt64($0)) }
                try await withMosquitto(address, options: ClientOptions(clientID: "client")) { transport in
                    try await transport.subscribe([Subscription("answers", qos: .atLeastOnce)])
                    for (number, sample) in samples.enumerated() {
                        try await transport.publish(
                            Message(
                                topic: TestFleet.topics.job,
                                payload: try JobRequest.encode(
                                    try sample.request(), as: job("shared-\(number)"), timeout: .seconds(300)),
                                qos: .atLeastOnce, responseTopic: "answers"))
                    }
                    var open = Set(samples.indices)
                    for await case .message(let message) in transport.events {
                        let answer = try JobAnswer(decoding: message.payload)
                        let number = try #require(Int(answer.job.dropFirst("shared-".count)))
                        #expect(open.remove(number) != nil, "answered twice")
                        try await samples[number].check(answer)
                        if open.isEmpty { break }
                    }
                }
                let (first, second) = (await one.counters, await two.counters)
                #expect(first.jobsStarted > 0 && second.jobsStarted > 0)
                #expect(first.jobsDone + second.jobsDone == 40)
                #expect(first.jobsStarted + second.jobsStarted == 40, "no job was begun by both")
            }
        }

        @Test("A dispatcher that had accepted a job is killed: the other one does it")
        func killed() async throws {
            let folder = try Folder()
            try await withCommandFleet(workers: 0, hasDispatcher: false) { local in
                let names = ["dispatcher-a", "dispatcher-b"]
                let arguments = ["--broker", local.brokerURL, "--local-threads", "0", "--id"]
                try await withProgram("attn-dispatcher", arguments + [names[0]], in: folder) { one in
                    _ = try await one.lineOfOutput(after: "ready")
                    try await withProgram("attn-dispatcher", arguments + [names[1]], in: folder) { two in
                        _ = try await two.lineOfOutput(after: "ready")
                        let address = try BrokerAddress(parsing: local.brokerURL)
                        try await withMosquitto(address, options: ClientOptions(clientID: "client")) { transport in
                            try await withFleetClient(
                                id: peer("client"), fleet: TestFleet.name, transport: transport
                            ) { client in
                                let sample = SampleJob()
                                let answers = try await client.submit(
                                    try sample.request(), as: job("orphan"), timeout: .seconds(120))
                                var iterator = answers.makeAsyncIterator()
                                let accepted = try #require(await iterator.next())
                                #expect(accepted.status == .accepted)
                                // Nobody computes yet: it cannot be done before its dispatcher is gone.
                                let dead = try #require(accepted.dispatcher?.text)
                                (dead == names[0] ? one : two).send(SIGKILL)
                                let again = try #require(await iterator.next())
                                #expect(again.status == .accepted)
                                #expect(
                                    names.contains(try #require(again.dispatcher?.text))
                                        && again.dispatcher?.text != dead)
                                try await local.startWorker("worker-1")
                                var last: JobAnswer?
                                while let answer = await iterator.next() { last = answer }
                                try await sample.check(try #require(last))
                            }
                        }
                    }
                }
            }
        }
    }

    @Suite("Two fleets on one broker") struct TwoFleetsTests {
        @Test("Services of one name in both fleets do not throw each other off", arguments: ["worker", "dispatcher"])
        func sameName(service: String) async throws {
            let folder = try Folder()
            try await withLocalBroker { broker in
                try await withSpy(at: broker.url, on: "attn/v1/+/\(service)/twin/status") { spy in
                    func start(_ fleet: String, _ body: () async throws -> Void) async throws {
                        try await withProgram(
                            "attn-\(service)", ["--broker", broker.url, "--fleet", fleet, "--id", "twin"], in: folder
                        ) { program in
                            _ = try await program.lineOfOutput(after: "ready")
                            try await body()
                        }
                    }
                    try await start("one") {
                        try await start("two") {
                            // A broker that throws a client out publishes its will before the other one is let in.
                            for fleet in ["one", "two"] {
                                let status = try #require(await spy.next())
                                #expect(status.topic == "attn/v1/\(fleet)/\(service)/twin/status")
                                #expect(try Presence(decoding: status.payload) == .online)
                            }
                        }
                    }
                }
            }
        }
    }
}
