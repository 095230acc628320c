// A fleet described in JSON.

import Codecs
@testable import Dispatcher
import Fleet
import Foundation
import Testing

@Suite("A fleet described in JSON") struct FleetProfileTests {
    private func read(_ text: String) throws -> FleetProfile {
        try FleetProfile(JSON(parsing: Array(text.utf8)).object())
    }

    @Test("has what is said, and sensible values for the rest")
    func reading() throws {
        let fleet = try read(
            """
            {"workers": [{"id": "pi", "slots": 4, "gflops": 2.5, "round_trip_ms": 3, "mbytes_per_s": 12.5,
                          "backlog_ms": 40, "memory_bytes": 8000},
                         {"id": "nuc", "gflops": 20, "count": 3}],
             "here": {"threads": 2, "gflops": 30}, "broker": {"round_trip_ms": 0.5, "mbytes_per_s": 100}}
            """)
        #expect(fleet.workers.map(\.id.text) == ["pi", "nuc-1", "nuc-2", "nuc-3"])
        #expect(
            fleet.workers[0]
                == WorkerProfile(
                    id: peer("pi"), slots: 4, speed: 2.5e9, link: Link(roundTrip: 3e-3, bytesPerSecond: 1.25e7),
                    backlog: 0.04,
                    mostBytes: 1000))
        #expect(
            fleet.workers[3]
                == WorkerProfile(id: peer("nuc-3"), speed: 2e10, link: Link(roundTrip: 1e-3, bytesPerSecond: 1e8)))
        #expect(fleet.here == WorkerProfile(id: peer("here"), slots: 2, speed: 3e10, link: .none))
        #expect(fleet.broker == Link(roundTrip: 5e-4, bytesPerSecond: 1e8))
        #expect(try read(#"{"workers": []}"#).workers.isEmpty)
    }

    @Test("is written as it is read", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fleet = FleetProfile.random(&random)
        let again = try FleetProfile(JSON(parsing: fleet.json.encoded()).object())
        #expect(again.workers.map(\.id) == fleet.workers.map(\.id) && again.here?.slots == fleet.here?.slots)
        for (one, other) in zip(again.workers, fleet.workers) {
            #expect(abs(one.speed / other.speed - 1) < 1e-9 && abs(one.backlog - other.backlog) < 1e-9)
            #expect(abs(one.link.bytesPerSecond / other.link.bytesPerSecond - 1) < 1e-9)
            #expect(one.mostBytes == other.mostBytes)
        }
    }

    @Test(
        "is refused by the name of what is wrong",
        arguments: [
            (#"{}"#, "workers: missing"),
            (#"{"workers": [{"gflops": 1}]}"#, "workers[0].id: missing"),
            (#"{"workers": [{"id": "a"}]}"#, "workers[0].gflops: missing"),
            (#"{"workers": [{"id": "a b", "gflops": 1}]}"#, "workers[0].id"),
            (#"{"workers": [{"id": "here", "gflops": 1}]}"#, "workers[0].id"),
            (#"{"workers": [{"id": "a", "gflops": 0}]}"#, "workers[0].gflops"),
            (#"{"workers": [{"id": "a", "gflops": 1e300}]}"#, "workers[0].gflops"),
            (#"{"workers": [{"id": "a", "gflops": 1, "slots": 0}]}"#, "workers[0].slots"),
            (#"{"workers": [{"id": "a", "gflops": 1, "mbytes_per_s": 0}]}"#, "workers[0].mbytes_per_s"),
            (#"{"workers": [{"id": "a", "gflops": 1, "backlog_ms": -1}]}"#, "workers[0].backlog_ms"),
            (#"{"workers": [{"id": "a", "gflops": 1, "count": 100001}]}"#, "workers[0].count"),
            (#"{"workers": [{"id": "a", "gflops": 1, "speed": 1}]}"#, "workers[0].speed: unknown key"),
            (
                #"{"workers": [{"id": "a", "gflops": 1}, {"id": "a", "gflops": 1}]}"#,
                "workers: expected IDs that differ"
            ),
            (#"{"workers": [], "here": {"threads": 1}}"#, "here.gflops: missing"),
            (#"{"workers": [], "broker": {"mbytes_per_s": "fast"}}"#, "broker.mbytes_per_s"),
        ])
    func refusals(text: String, says: String) throws {
        do {
            _ = try read(text)
            Issue.record("\(text) was read")
        } catch { #expect("\(error)".contains(says), "\(error)") }
    }

    @Test("Those in config/fleets are plans' own, and can be planned for")
    func examples() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../config/fleets")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 3)
        let problem = AttentionProblem(
            batch: 1, queryHeads: 8, kvHeads: 8, queryLength: 2048, keyLength: 2048, headSize: 64, valueHeadSize: 64,
            scale: 1, isCausal: false)
        for file in files {
            let fleet = try FleetProfile(JSON(parsing: Array(Data(contentsOf: file))).object())
            let plan = try #require(try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1)))
            #expect(!plan.plan.shards.isEmpty, "\(file.lastPathComponent)")
        }
    }
}
