import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("How tensors travel: wire and tolerance") struct WireTests {
    private func request(
        _ fields: [String: String], op: String = "Attention", largestK: Float = 1
    ) throws -> JobRequest {
        var random = SeededGenerator(seed: 7)
        func tensor(_ name: String, _ length: Int, scale: Float = 1) -> TensorSource {
            let numbers = (0..<2 * 2 * length * 16).map { _ in Float.random(in: -1...1, using: &random) }
            return TensorSource(name, .f32, shape: [2, 2, length, 16], numbers.map { $0 * scale })
        }
        let file = try Safetensors.encode(
            metadata: fields.merging(["op": op]) { $1 },
            tensors: [tensor("Q", 9), tensor("K", 33, scale: largestK), tensor("V", 33)])
        return try JobRequest(decoding: JobRequest.encode(try Safetensors(parsing: file), as: JobID("wire-job")!))
    }

    private func settled(_ fields: [String: String], largestK: Float = 1) throws -> AttentionRequest {
        try AttentionRequest(try request(fields, largestK: largestK)).settlingWire()
    }

    private func answer(_ fields: [String: String]) async throws -> (y: [Float], plan: JSON.Object) {
        let answer = try await LocalExecutor(kernel: .best, threads: 2).run(try request(fields).tensors.bytes)
        let file = try #require(answer.tensors)
        let plan = try #require(answer.report?.objectValue?["plan"]?.objectValue)
        return (try file.elements(of: try file.tensor("Y"), as: Float.self), plan)
    }

    @Test("Half the bytes on request, and the error told beside the answer", arguments: ["f16", "bf16"])
    func half(wire: String) async throws {
        let request = try settled(["wire": wire])
        #expect(request.wire.type.byteWidth == 2)
        let task = TaskHeader(
            job: JobID("j")!, shard: 0, attempt: 1, lease: LeaseToken(epoch: 1, number: 1), incarnation: Incarnation(1))
        let whole = Shard(batch: 1, heads: 0..<2, queries: 0..<9, keys: 0..<33, block: 0, rowGroup: 0)
        let message = try TaskMessage(decoding: try request.encodeTask(task, for: whole))
        #expect([message.q.type, message.k.type, message.v.type].allSatisfy { $0.rawValue.lowercased() == wire })

        let (exact, rounded) = (try await answer([:]), try await answer(["wire": wire]))
        #expect(exact.plan["wire"]?.stringValue == "f32" && exact.plan["wire_error"] == nil)
        #expect(rounded.plan["wire"]?.stringValue == wire)
        let error = try #require(rounded.plan["wire_error"]?.objectValue)
        let largest = try #require(error["largest"]?.doubleValue)
        #expect(largest > 0 && error["rows"]?.intValue == 12)
        let difference = zip(exact.y, rounded.y).map { abs($0 - $1) }.max() ?? 0
        // Numbers up to 1, scores up to 16/4 = 4 with a relative error of twice the type's unit u each: weights are off by
        // up to e^(16u) − 1, outputs by that and u.
        let unit: Float = wire == "f16" ? 0x1p-11 : 0x1p-8
        #expect(Double(difference) >= largest && difference <= 20 * unit)
    }

    @Test("Integers with a scale for each row on request: a quarter of the bytes")
    func integers() async throws {
        let request = try settled(["wire": "i8"])
        let task = TaskHeader(
            job: JobID("j")!, shard: 0, attempt: 1, lease: LeaseToken(epoch: 1, number: 1), incarnation: Incarnation(1))
        let part = Shard(batch: 1, heads: 0..<2, queries: 2..<9, keys: 5..<33, block: 0, rowGroup: 0)
        let message = try TaskMessage(decoding: try request.encodeTask(task, for: part))
        #expect([message.q.type, message.k.type, message.v.type].allSatisfy { $0 == .i8 })
        let scales = try [message.qScale, message.context.kScale, message.context.vScale].map { try #require($0) }
        #expect(scales.map(\.shape) == [[2, 7], [2, 28], [2, 28]])
        let bytes = message.tensors.tensors.reduce(0) { $0 + $1.elementCount * $1.type.byteWidth }
        #expect(bytes == request.problem.taskBytes(of: part, wire: .i8))

        let (exact, rounded) = (try await answer([:]), try await answer(["wire": "i8"]))
        let difference = zip(exact.y, rounded.y).map { abs($0 - $1) }.max() ?? 0
        let largest = try #require(rounded.plan["wire_error"]?.objectValue?["largest"]?.doubleValue)
        // Numbers up to 1 are off by e = 1/254 at the most, a score of 16 products and scale 1/4 by 16/4 · (2e + e²), the weights
        // by twice that, and the values by e.
        let e = Float(1) / 254
        #expect(Double(difference) >= largest && difference > 1e-4 && difference <= 2 * 4 * (2 * e + e * e) * 1.1 + e)
    }

    @Test("Only where it makes the job faster: a fast link, or work that stays here, is worth no rounding")
    func pays() throws {
        let request = try AttentionRequest(try request(["tolerance": "1"]))
        func fleet(mbytes: Double, here: Bool = false) -> FleetProfile {
            let worker = WorkerProfile(
                id: PeerID("w")!, speed: 1e8, link: Link(roundTrip: 1e-4, bytesPerSecond: mbytes * 1e6))
            return FleetProfile(
                workers: [worker], here: here ? WorkerProfile(id: PeerID("here")!, speed: 1e9, link: .none) : nil,
                broker: Link(roundTrip: 1e-4, bytesPerSecond: 1e9))
        }
        let limits = PlanLimits(slots: 1)
        let slow = try request.planned(for: fleet(mbytes: 1), limits)
        #expect(slow.request.wire == .i8 && slow.request.wireError != nil)
        #expect(
            try slow.plan?.timeline.makespan ?? 0 < 0.9
                * planAttention(
                    request.problem, fleet: fleet(mbytes: 1), limits: limits)!.timeline.makespan)
        #expect(try request.planned(for: fleet(mbytes: 1000), limits).request.wire == .f32)
        #expect(try request.planned(for: fleet(mbytes: 1, here: true), limits).request.wire == .f32)
    }

    @Test("By itself only as far as the answer may differ")
    func tolerance() throws {
        #expect(try settled([:]).wire == .f32)
        #expect(try settled(["wire": "auto"]).wire == .f32)
        #expect(try settled(["tolerance": "0"]).wire == .f32)
        let loose = try settled(["tolerance": "0.002"])
        #expect(loose.wire == .f16)
        #expect(try settled(["tolerance": "1"]).wire == .i8, "the fewest bytes")
        let error = try #require(loose.wireError?.largest)
        #expect(try settled(["tolerance": "\(error)"]).wire == .f32, "rows that were not tried may be worse")
    }

    @Test("What the type cannot hold is refused by name, and not chosen")
    func range() throws {
        do {
            _ = try settled(["wire": "f16"], largestK: 1e6)
            Issue.record("1e6 is no float16")
        } catch let error as JobError {
            #expect(error.code == .invalidRequest && error.message.contains("K holds"), "\(error)")
        }
        #expect(try settled(["wire": "bf16"], largestK: 1e6).wire == .bf16)
        #expect(try settled(["tolerance": "1e9"], largestK: 1e6).wire == .i8, "rows have scales of their own")
        #expect(throws: JobError.self) { try settled(["wire": "i8"], largestK: .infinity) }
    }

    @Test(
        "Fields that make no sense are refused",
        arguments: [["wire": "f8"], ["wire": "F16"], ["tolerance": "-1"], ["tolerance": "inf"], ["tolerance": "x"]])
    func refused(fields: [String: String]) throws {
        #expect(throws: JobError.self) { try settled(fields) }
    }
}
