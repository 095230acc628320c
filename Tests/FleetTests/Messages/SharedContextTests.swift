import Codecs
import Fleet
import Testing

@Suite("Keys and values that tasks share") struct SharedContextTests {
    private let digest = BlobDigest("sha256-" + String(repeating: "0a", count: 32))!

    /// Two query heads on one key/value head; one query, two keys, head sizes 1 and 1.
    private func task(_ names: [String], context: BlobDigest?, type: TensorType = .f32) throws -> [UInt8] {
        let shapes = ["Q": [2, 1, 1], "K": [1, 2, 1], "V": [1, 2, 1]]
        return try TaskMessage.encode(
            Samples.header, TaskAttributes(scale: 1), context: context,
            tensors: names.map { name in
                TensorSource(name, type, shape: shapes[name] ?? []) { bytes in
                    for index in bytes.indices { bytes[index] = name == "V" ? 0x3f : 0 }
                }
            })
    }

    private func keptContext(_ type: TensorType = .f32) throws -> AttentionContext {
        try TaskMessage(decoding: task(["Q", "K", "V"], context: digest, type: type)).context
    }

    @Test("A task that brings them names them; a later one only names them")
    func kept() throws {
        let first = try keptContext()
        #expect(first.digest == digest)
        var asked: [BlobDigest] = []
        let later = try TaskMessage(decoding: task(["Q"], context: digest)) { digest in
            asked.append(digest)
            return first
        }
        #expect(asked == [digest])
        #expect(later.keys == 2 && later.kvHeads == 1)
        let values = try later.context.tensors.elements(of: later.v, as: Float.self)
        #expect(values == [Float(bitPattern: 0x3f3f_3f3f), Float(bitPattern: 0x3f3f_3f3f)])
    }

    @Test("Without a name a task has its own, and nobody is asked")
    func own() throws {
        let task = try TaskMessage(decoding: task(["Q", "K", "V"], context: nil)) { _ in
            Issue.record("asked")
            return nil
        }
        #expect(task.context.digest == nil)
    }

    @Test("What is not kept is missing; half of it, no name or a wrong one is malformed; other types are invalid")
    func refused() throws {
        func code(_ payload: [UInt8], _ kept: AttentionContext? = nil) -> MessageError.Code? {
            do throws(MessageError) { _ = try TaskMessage(decoding: payload) { _ in kept } } catch { return error.code }
            return nil
        }
        #expect(code(try task(["Q"], context: digest)) == .missing)
        #expect(code(try task(["Q"], context: nil), try keptContext()) == .malformed)
        #expect(code(try task(["Q", "K"], context: digest), try keptContext()) == .malformed)
        #expect(code(try task(["K", "V"], context: digest), try keptContext()) == .malformed)
        #expect(code(try task(["Q"], context: digest), try keptContext(.f16)) == .invalid)
        let misspelt = try Samples.changing(task(["Q"], context: digest), ["context": "sha256-0A"])
        #expect(code(misspelt, try keptContext()) == .malformed)
    }
}
