// Damaged messages throw or decode; none traps. What decodes keeps the promises that its type makes.

import Codecs
import Fleet
import Testing

@Suite("Damaged messages") struct DamagedMessageTests {
    /// A message's bytes, and what its reader makes of bytes: throws, or gives whether what it read is sound.
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let payload: @Sendable () throws -> [UInt8]
        let read: @Sendable ([UInt8]) throws -> Bool
        var testDescription: String { name }
    }

    static let kinds = [
        Kind(name: "birth", payload: { Samples.info.encoded() }) {
            let info = try WorkerInfo(decoding: $0)
            return (1...4096).contains(info.slots) && (0...4096).contains(info.prefetch)
        },
        Kind(name: "heartbeat", payload: { Samples.stats.encoded() }) { try WorkerStats(decoding: $0).load.isFinite },
        Kind(name: "cancel", payload: { Control.cancel(Samples.lease).encoded() }) {
            try Control(decoding: Control(decoding: $0).encoded()) == Control(decoding: $0)
        },
        Kind(name: "status", payload: { Array("online".utf8) }) { try Presence(decoding: $0) == .online },
        Kind(name: "additive task", payload: { try Samples.additiveTask() }) { bytes in
            let task = try TaskMessage(decoding: bytes)
            let hiddenSize = task.weights?.hiddenSize ?? task.headSize
            return hiddenSize > 0 && task.weights?.score.shape.last ?? hiddenSize == hiddenSize
                && bytes[task.k.byteRange].count == task.kvHeads * task.keys * task.keySize * task.k.type.byteWidth
        },
        Kind(name: "task", payload: { try Samples.task(Samples.allAttributes) }) { bytes in
            let task = try TaskMessage(decoding: bytes)
            return task.attributes.scale.isFinite && task.attributes.softcap >= 0
                && task.queryHeads % task.kvHeads == 0
                && task.mask?.shape.last ?? task.keys == task.keys
                && bytes[task.v.byteRange].count == task.kvHeads * task.keys * task.valueHeadSize
                    * task.v.type.byteWidth
        },
        Kind(name: "result", payload: { try Samples.result() }) {
            let result = try ResultMessage(decoding: $0)
            return (result.status == .done) == (result.tensors != nil) && result.queued >= .zero
        },
        Kind(name: "request", payload: { try Samples.request() }) {
            let request = try JobRequest(decoding: $0)
            return (-100...100).contains(request.priority) && request.timeout ?? .seconds(1) > .zero
        },
        Kind(name: "answer", payload: { try Samples.answer() }) {
            try JobAnswer(decoding: $0).tensors?["Y"]?.byteRange.count ?? 2 == 2
        },
    ]

    @Test("Every truncation throws", arguments: kinds)
    func truncations(kind: Kind) throws {
        let payload = try kind.payload()
        #expect(try kind.read(payload))
        for count in 0..<payload.count where (try? kind.read(Array(payload[..<count]))) != nil {
            Issue.record("\(count) of \(payload.count) bytes were read")
        }
    }

    @Test("Every flipped bit throws or decodes to something sound", arguments: kinds)
    func bitFlips(kind: Kind) throws {
        var payload = try kind.payload()
        for bit in 0..<payload.count * 8 {
            payload[bit / 8] ^= 1 << (bit % 8)
            if let isSound = try? kind.read(payload), !isSound { Issue.record("not sound with bit \(bit) flipped") }
            payload[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("Each message is refused by every other's reader, or read as what it is not at no harm", arguments: kinds)
    func mixedUp(kind: Kind) throws {
        for other in Self.kinds where other.name != kind.name {
            if let isSound = try? kind.read(other.payload()) { #expect(isSound) }
        }
        for bytes in [[], [0], Array(repeating: 0xff, count: 64), Array("{}".utf8), Array("null".utf8)] {
            #expect((try? kind.read(bytes)) == nil)
        }
    }

    @Test("Random damage, by seed", arguments: kinds)
    func randomDamage(kind: Kind) throws {
        var generator = SeededGenerator(seed: 11)
        let payload = try kind.payload()
        let alphabet = Array("0123456789-.eE+,:\"{}[]\\u".utf8)
        for _ in 0..<1500 {
            var damaged = payload
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = alphabet[Int.random(in: alphabet.indices, using: &generator)]
            }
            if let isSound = try? kind.read(damaged), !isSound { Issue.record("not sound: \(damaged)") }
        }
    }
}
