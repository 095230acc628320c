import Client
import Codecs
import Dispatcher
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("Workers that die, hang, lie and leave", .serialized) struct WorkerFailureTests {
        @Test("A worker killed with SIGKILL in the middle of a task: the job ends right, without it")
        func killed() async throws {
            try await withTestFleet(workers: 3) { fleet in
                let sample = SampleJob.large
                var victim: String?
                for await answer in try await fleet.client.submit(
                    try sample.request(), as: job("survivor"), timeout: .seconds(120))
                {
                    if answer.status == .progress, victim == nil {
                        // The one with most of the work still before it: it has a task at this moment.
                        let loads = await fleet.dispatcher.loads
                        let busiest = loads.max { $0.outstanding.count < $1.outstanding.count }
                        let name = try #require(busiest?.id.text)
                        victim = name
                        try await fleet.local.kill(name, signal: SIGKILL)
                    }
                    guard answer.status.isFinal else { continue }
                    try await sample.check(answer)
                    let report = try #require(answer.report?.objectValue)
                    let retries = try report.objects("retries")
                    #expect(!retries.isEmpty)
                    let reason = "\(try #require(victim)) went offline"
                    let trace = try JobTrace(report)
                    #expect(trace.defects.isEmpty)
                    #expect(String(decoding: trace.encoded, as: UTF8.self).contains(reason))
                    #expect(try retries.allSatisfy { try $0.string("reason").contains(reason) })
                }
                #expect(victim != nil)
            }
        }

        @Test("The only worker dies; the one that comes after it finishes the job")
        func replaced() async throws {
            try await withTestFleet(workers: 1) { fleet in
                let sample = SampleJob.large
                let answers = try await fleet.client.submit(
                    try sample.request(), as: job("replaced"), timeout: .seconds(120))
                var isKilled = false
                for await answer in answers {
                    if answer.status == .progress, !isKilled {
                        isKilled = true
                        try await fleet.local.kill(LocalFleet.worker(1), signal: SIGKILL)
                        _ = try await fleet.local.waitForExit(of: LocalFleet.worker(1), within: .seconds(10))
                        try await fleet.local.startWorker(LocalFleet.worker(1))
                    }
                    if answer.status.isFinal { try await sample.check(answer) }
                }
                #expect(isKilled)
            }
        }

        @Test("A worker told to leave finishes what it holds, says goodbye and exits with 0")
        func drained() async throws {
            try await withTestFleet(workers: 2) { fleet in
                let sample = SampleJob.large
                let answers = try await fleet.client.submit(
                    try sample.request(), as: job("drain"), timeout: .seconds(120))
                var status: ChildExit?
                for await answer in answers {
                    if answer.status == .progress, status == nil {
                        status = try await fleet.local.stopWorker(LocalFleet.worker(1))
                    }
                    guard answer.status.isFinal else { continue }
                    try await sample.check(answer)
                    let retries = try #require(answer.report?.objectValue).objects("retries")
                    // What it held it finished; only what was still on its way went elsewhere.
                    #expect(
                        try retries.allSatisfy {
                            ["worker-1 refused: draining", "the task did not arrive"].contains(try $0.string("reason"))
                        })
                }
                #expect(status?.isSuccess == true)
                try await fleet.hasSlots(1)
            }
        }

        @Test("A hung worker misses its lease, and another does its task")
        func hung() async throws {
            try await withTestFleet(
                workers: 2,
                adjust: {
                    $0.scheduler.heartbeat = .milliseconds(400)
                }
            ) { fleet in
                // Stopped before it can be heard of again: its leases end with three missed heartbeats.
                try await fleet.local.kill(LocalFleet.worker(1), signal: SIGSTOP)
                let sample = SampleJob()
                let answer = try await fleet.client.run(try sample.request(), as: job("hung"), timeout: .seconds(60))
                try await sample.check(answer)
                try await fleet.local.kill(LocalFleet.worker(1), signal: SIGCONT)
            }
        }

        @Test(
            "Results that are not what the shard calls for are refused, and another worker does it",
            arguments: [
                Lie.wrongShape, .notANumber, .otherShard, .garbage,
            ])
        func liar(lie: Lie) async throws {
            try await withTestFleet(
                workers: 1, adjust: { $0.scheduler.heartbeat = .milliseconds(500) }
            ) { fleet in
                try await fleet.withIntruder("attn-worker-liar") { transport in
                    try await withLiar(lie, transport) {
                        try await fleet.hasSlots(2)
                        let sample = SampleJob(queries: 200, keys: 200)
                        let answer = try await fleet.client.run(
                            try sample.request(), as: job("truth"), timeout: .seconds(60))
                        try await sample.check(answer)
                    }
                }
            }
        }
    }
}
