import Client
import Codecs
import Dispatcher
import Fleet
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    /// Real processes, dispatcher and journal included.
    @Suite("Durable jobs") struct DurableJobTests {
        /// A fleet without workers, and a client of it.
        private func withFleet(
            workers: Int = 0, _ body: (LocalFleet, FleetClient) async throws -> Void
        ) async throws {
            var options = LocalFleet.Options()
            (options.workers, options.slots, options.logLevel) = (workers, 1, "error")
            try await withLocalFleet(options) { local in
                let address = try BrokerAddress(parsing: local.brokerURL)
                try await withMosquitto(address, options: ClientOptions(clientID: "client")) { transport in
                    try await withFleetClient(id: PeerID("client")!, fleet: TestFleet.name, transport: transport) {
                        try await body(local, $0)
                    }
                }
            }
        }

        private func killDispatcher(_ local: LocalFleet) async throws {
            try await local.kill(LocalFleet.dispatcher, signal: 9)
            _ = try await local.waitForExit(of: LocalFleet.dispatcher, within: .seconds(10))
            try await local.startDispatcher()
        }

        @Test("An accepted job outlives kill -9 of the dispatcher; asked for again, the same answer comes back")
        func survives() async throws {
            let sample = SampleJob(keys: 64)
            try await withFleet { local, client in
                let answers = try await client.submit(
                    try sample.request(), as: job("night"), timeout: .seconds(100), JobOptions(isDurable: true))
                var iterator = answers.makeAsyncIterator()
                #expect(await iterator.next()?.status == .accepted)
                try await killDispatcher(local)
                try await killDispatcher(local)
                try await local.startWorker("worker-1")
                var last: JobAnswer?
                while let answer = await iterator.next() { last = answer }
                let answer = try #require(last)
                try await sample.check(answer)
                try await killDispatcher(local)
                let again = try await client.run(
                    try sample.request(), as: job("night"), timeout: .seconds(100), JobOptions(isDurable: true))
                #expect(again.tensors?.bytes == answer.tensors?.bytes)
            }
        }

        @Test("Many durable jobs, and a dispatcher that is killed among them: each is answered, and right")
        func many() async throws {
            try await withFleet(workers: 2) { local, client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            let sample = SampleJob(keys: 16 + number, seed: UInt64(number))
                            let answer = try await client.run(
                                try sample.request(), as: JobID("many-\(number)")!, timeout: .seconds(100),
                                JobOptions(isDurable: true))
                            try await sample.check(answer)
                            await client.release(JobID("many-\(number)")!)
                        }
                    }
                    for _ in 0..<3 { try await killDispatcher(local) }
                    try await group.waitForAll()
                }
            }
        }

        @Test("Without a journal a durable job is refused by name")
        func refused() async throws {
            try await withTestFleet(workers: 0) { fleet in
                let answer = try await fleet.client.run(
                    try SampleJob().request(), as: job("durable"), timeout: .seconds(30), JobOptions(isDurable: true))
                #expect(answer.errorCode == "unsupported")
                #expect(answer.errorMessage?.contains("--journal") == true)
            }
        }
    }

    @Suite("Clients that change their mind, or come too many") struct ClientTests {
        @Test("A caller that is cancelled cancels its job, and the tables are empty")
        func cancelled() async throws {
            try await withTestFleet(workers: 0) { fleet in
                let running = Task {
                    try await fleet.client.run(try SampleJob().request(), as: job("unwanted"), timeout: .seconds(300))
                }
                try await eventually("the job runs") { await fleet.dispatcher.counters.jobsStarted == 1 }
                running.cancel()
                try await eventually("the job is cancelled") { await fleet.dispatcher.counters.jobsFailed == 1 }
            }
        }

        @Test("Jobs refused as busy come again, and all are answered")
        func busy() async throws {
            try await withTestFleet(workers: 2, adjust: { $0.admission.jobs = 2 }) { fleet in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            let sample = SampleJob(seed: UInt64(number))
                            try await sample.check(
                                try await fleet.client.run(
                                    try sample.request(), as: JobID("crowd-\(number)")!, timeout: .seconds(120)))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("Who asks to, hears of a refusal at once, and when to come again")
        func hint() async throws {
            try await withTestFleet(workers: 0, adjust: { $0.admission.jobs = 1 }) { fleet in
                let first = try await fleet.client.submit(
                    try SampleJob().request(), as: job("first"), timeout: .seconds(300))
                var iterator = first.makeAsyncIterator()
                #expect(await iterator.next()?.status == .accepted)
                var options = JobOptions()
                options.comesAgain = false
                let refused = try await fleet.client.run(
                    try SampleJob().request(), as: job("second"), timeout: .seconds(300), options)
                #expect(refused.errorCode == "busy")
                #expect(try #require(refused.retryAfter) > .zero)
            }
        }
    }
}
