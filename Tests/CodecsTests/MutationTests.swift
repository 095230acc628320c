import Codecs
import Testing

/// Damaged input throws or decodes; it never traps, and what decodes is sound.
@Suite("Damaged input") struct MutationTests {
    @Test("every truncation of a file throws", arguments: Vectors.valid)
    func truncations(name: String) throws {
        let payload = try Vectors.safetensors(name)
        for count in 0..<payload.count {
            #expect(throws: SafetensorsError.self, "\(count) bytes") {
                try Safetensors(parsing: Array(payload[..<count]))
            }
        }
    }

    @Test("every flipped bit throws or decodes to a sound file", arguments: Vectors.valid)
    func bitFlips(name: String) throws {
        var payload = try Vectors.safetensors(name)
        for bit in 0..<payload.count * 8 {
            payload[bit / 8] ^= 1 << (bit % 8)
            checkThrowsOrIsSound(payload)
            payload[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("a hundred thousand random mutations, by seed", arguments: 0..<10)
    func mutations(seed: Int) throws {
        var generator = SplitMix64(state: UInt64(seed))
        let files = try Vectors.valid.map(Vectors.safetensors)
        for _ in 0..<10_000 {
            guard var payload = files.randomElement(using: &generator) else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&payload, using: &generator) }
            // Half of them get a fitting header length back, or most would be refused for that alone.
            if Bool.random(using: &generator) { repairLength(of: &payload) }
            checkThrowsOrIsSound(payload)
        }
    }

    @Test("random mutations of JSON throw, or decode to what writes and reads back the same", arguments: 0..<4)
    func jsonMutations(seed: Int) throws {
        var generator = SplitMix64(state: UInt64(seed))
        let text = #"{"job":"a\"\u00e9\uD834\uDD1E","n":[1,-2.5e-3,18446744073709551615],"o":{"t":true,"z":null}} "#
        for _ in 0..<5_000 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, using: &generator) }
            guard let value = try? JSON(parsing: bytes) else { continue }
            let isSame = try JSON(parsing: value.encoded()) == value
            #expect(isSame, "\(value)")
        }
    }

    private func checkThrowsOrIsSound(_ payload: [UInt8]) {
        guard let file = try? Safetensors(parsing: payload) else { return }
        var end: Int?
        var isSound = true
        for tensor in file.tensors {
            isSound = isSound && tensor.byteRange.count == tensor.type.byteCount(shape: tensor.shape)
            isSound = isSound && end.map { $0 == tensor.byteRange.lowerBound } ?? true
            end = tensor.byteRange.upperBound
            // Touches the last byte, which lies in the payload if all do.
            let last = file.withUnsafeBytes(of: tensor) { $0.last }
            isSound = isSound && (last == nil) == tensor.byteRange.isEmpty
        }
        isSound = isSound && end.map { $0 == payload.count } ?? true
        if !isSound { Issue.record("not sound: \(payload)") }
    }

    private func mutate(_ bytes: inout [UInt8], using generator: inout SplitMix64) {
        guard let position = bytes.indices.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.remove(at: position)
        case 3: bytes.insert(Array("0123456789-.,:{}[]\"\\ ".utf8).randomElement(using: &generator) ?? 0, at: position)
        case 4: bytes.removeSubrange(position...)
        default:
            let end = Int.random(in: position...bytes.count, using: &generator)
            bytes.insert(contentsOf: bytes[position..<min(end, position + 64)], at: position)
        }
    }

    /// Makes the header end behind its last `}`.
    private func repairLength(of payload: inout [UInt8]) {
        guard payload.count >= 8, let brace = payload.lastIndex(of: UInt8(ascii: "}")), brace >= 8 else { return }
        let length = UInt64(brace - 7)
        for byte in 0..<8 { payload[byte] = UInt8(truncatingIfNeeded: length >> (8 * UInt64(byte))) }
    }
}
