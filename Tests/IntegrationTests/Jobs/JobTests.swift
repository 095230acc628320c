import Client
import Codecs
import Dispatcher
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("Jobs through a real broker", .serialized) struct JobTests {
        @Test(
            "One job, in every shape, comes back right",
            arguments: [
                SampleJob(), SampleJob(batch: 3, queryHeads: 6, kvHeads: 2, queries: 33, keys: 70, headSize: 24),
                SampleJob(queries: 50, keys: 50, isCausal: true), SampleJob(queries: 17, keys: 90, hasMask: true),
                SampleJob(queryHeads: 8, kvHeads: 1, queries: 1, keys: 3000, headSize: 64),
            ])
        func oneJob(sample: SampleJob) async throws {
            try await withTestFleet { fleet in
                let answer = try await fleet.client.run(try sample.request(), as: job("one"), timeout: .seconds(30))
                try await sample.check(answer)
                let report = try #require(answer.report?.objectValue)
                let shards = try report.objects("shards")
                #expect(try report.object("plan").int("shards") == shards.count)
                #expect(try shards.allSatisfy { try $0.string("worker").hasPrefix("worker-") })
            }
        }

        @Test("Fifty jobs at a time come back right, each with its own answer")
        func fiftyJobs() async throws {
            try await withTestFleet(workers: 3) { fleet in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let sample = SampleJob(
                                queryHeads: 1 + number % 5, kvHeads: 1, queries: 5 + number, keys: 3 + 2 * number,
                                headSize: 8 + number % 9, isCausal: number % 2 == 0, seed: UInt64(number))
                            let answer = try await fleet.client.run(
                                try sample.request(), as: job("job-\(number)"), timeout: .seconds(60))
                            try await sample.check(answer)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("A job cut by keys, with every partial at the message limit, comes back right")
        func keySplit() async throws {
            try await withTestFleet(adjust: { $0.messageBytes = 20_000 }) { fleet in
                let sample = SampleJob(queryHeads: 2, kvHeads: 1, queries: 40, keys: 700, headSize: 32, isCausal: false)
                let answer = try await fleet.client.run(try sample.request(), as: job("cut"), timeout: .seconds(30))
                try await sample.check(answer)
                #expect(try #require(answer.report?.objectValue).object("plan").int("key_ranges") > 1)
            }
        }

        @Test("The same job ID joins the running job, then gets the stored answer; another request under it is refused")
        func sameID() async throws {
            try await withTestFleet { fleet in
                let sample = SampleJob(queries: 300, keys: 300)
                let request = try sample.request()
                async let first = fleet.client.run(request, as: job("same"), timeout: .seconds(30))
                async let second = fleet.client.run(request, as: job("same"), timeout: .seconds(30))
                let answers = try await [first, second]
                let third = try await fleet.client.run(request, as: job("same"), timeout: .seconds(30))
                for answer in answers + [third] { try await sample.check(answer) }
                #expect(await fleet.dispatcher.counters.jobsStarted == 1)
                let other = try SampleJob(seed: 2).request()
                let refused = try await fleet.client.run(other, as: job("same"), timeout: .seconds(30))
                #expect(refused.errorCode == "job-conflict")
            }
        }

        @Test("Without a worker a job waits, then fails with a reason that names it")
        func noWorker() async throws {
            try await withTestFleet(workers: 0) { fleet in
                let answer = try await fleet.client.run(
                    try SampleJob().request(), as: job("lonely"), timeout: .seconds(1))
                #expect(answer.errorCode == "no-worker")
                #expect(answer.errorMessage?.contains("no live worker") == true)
            }
        }

        @Test("A worker that comes while a job waits gets it")
        func lateWorker() async throws {
            try await withTestFleet(workers: 0) { fleet in
                let sample = SampleJob()
                let answers = try await fleet.client.submit(
                    try sample.request(), as: job("patient"), timeout: .seconds(30))
                try await fleet.local.startWorker("worker-1")
                for await answer in answers where answer.status.isFinal { try await sample.check(answer) }
            }
        }

        @Test("A client that vanishes leaves nothing behind")
        func vanishedClient() async throws {
            try await withTestFleet { fleet in
                let payload = try JobRequest.encode(try SampleJob(queries: 500, keys: 500).request(), as: job("orphan"))
                try await fleet.withIntruder { transport in
                    try await transport.publish(
                        Message(
                            topic: TestFleet.topics.job, payload: payload, qos: .atLeastOnce,
                            responseTopic: "somewhere/else"))
                }
                try await eventually("the orphaned job is done") { await fleet.dispatcher.counters.jobsDone == 1 }
            }
        }

        @Test("Without a dispatcher the client says so")
        func noDispatcher() async throws {
            try await withTestFleet { fleet in
                let nobody = PeerID("nobody")!
                try await fleet.withIntruder { transport in
                    try await withFleetClientOf(nobody, transport) { client in
                        let answer = try await client.run(
                            try SampleJob().request(), as: job("unheard"), timeout: .milliseconds(200))
                        #expect(answer.errorCode == "no-dispatcher")
                    }
                }
            }
        }
    }
}
