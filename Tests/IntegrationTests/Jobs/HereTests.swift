import Client
import Codecs
import Dispatcher
import Fleet
import Mosquitto
import Testing

extension Integration {
    @Suite("Work that stays at the dispatcher", .serialized) struct HereTests {
        @Test("A job is done here while there is no worker, in every shape")
        func alone() async throws {
            try await withTestFleet(workers: 0, adjust: { $0.localThreads = 2 }) { fleet in
                for (number, sample) in [
                    SampleJob(), SampleJob(batch: 3, queryHeads: 6, kvHeads: 2, queries: 33, keys: 70, headSize: 24),
                    SampleJob(queries: 50, keys: 50, isCausal: true), SampleJob(queries: 17, keys: 90, hasMask: true),
                ].enumerated() {
                    let answer = try await fleet.client.run(
                        try sample.request(), as: job("here-\(number)"), timeout: .seconds(30))
                    try await sample.check(answer)
                    let report = try #require(answer.report?.objectValue)
                    #expect(report["workers"]?.arrayValue?.compactMap(\.stringValue) == ["here"])
                }
            }
        }

        @Test(
            "A small job stays here though there are workers, and its report says what sending it away would have cost")
        func small() async throws {
            try await withTestFleet(workers: 2, adjust: { $0.localThreads = 1 }) { fleet in
                let sample = SampleJob(queries: 8, keys: 8)
                let answer = try await fleet.client.run(try sample.request(), as: job("small"), timeout: .seconds(30))
                try await sample.check(answer)
                let report = try #require(answer.report?.objectValue)
                #expect(report["workers"]?.arrayValue?.compactMap(\.stringValue) == ["here"])
                let candidates = try report.object("plan").objects("candidates")
                #expect(try candidates.first?.string("kind") == "here")
                #expect(try candidates.contains { try $0.string("kind") == "one worker" })
            }
        }

        @Test("A worker that calls itself 'here' is not believed")
        func impostor() async throws {
            try await withTestFleet(workers: 0, adjust: { $0.localThreads = 1 }) { fleet in
                try await fleet.withIntruder("impostor") { transport in
                    let topics = FleetTopics(fleet: TestFleet.name)
                    try await transport.publish(
                        Presence.offline.message(topic: topics.workerStatus(peer("here"))))
                    let sample = SampleJob()
                    let answer = try await fleet.client.run(try sample.request(), as: job("j"), timeout: .seconds(30))
                    try await sample.check(answer)
                    #expect(await fleet.dispatcher.liveSlots == 0, "nobody's work can be given to it")
                }
            }
        }
    }
}
