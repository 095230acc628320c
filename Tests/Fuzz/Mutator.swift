import Codecs
import Fleet
import FuzzedDecoders

/// Changes inputs in ways that only someone who knows the format would.
struct Mutator {
    private var random: SeededGenerator
    private let capacity: Int

    init(seed: UInt64, capacity: Int) {
        random = SeededGenerator(seed: seed)
        self.capacity = capacity
    }

    /// - Returns: nil where bytes are to be changed at random instead: at times, and if the input is not of the
    ///   grammar.
    mutating func mutated(_ input: [UInt8], _ grammar: FuzzedDecoder.Grammar) -> [UInt8]? {
        guard !chance(1, in: 4) else { return nil }
        switch grammar {
        case .text: return nil
        case .json: return mutatedJSON(input[...])
        case .safetensors: return mutatedSafetensors(input)
        }
    }

    private mutating func mutatedJSON(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let value = try? JSON(parsing: text) else { return nil }
        var mutation = JSONMutation(value, random: random)
        let mutated = mutation.mutated()
        random = mutation.random
        let encoded = mutated.encoded()
        return chance(1, in: 16) ? repeatingMember(of: mutated, encoded) : encoded
    }

    /// A key twice in the outermost object, which no `JSON` can hold.
    private mutating func repeatingMember(of value: JSON, _ encoded: [UInt8]) -> [UInt8] {
        guard let object = value.objectValue, let key = object.keys.randomElement(using: &random) else {
            return encoded
        }
        let member: JSON = .object([key: object[key] ?? .null])
        return Array("{".utf8) + member.encoded().dropFirst().dropLast() + Array(",".utf8) + encoded.dropFirst()
    }
}

// Header's length, header, data.
extension Mutator {
    private mutating func mutatedSafetensors(_ input: [UInt8]) -> [UInt8]? {
        guard input.count >= 8 else { return nil }
        let length = input[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= input.count - 8 else { return nil }
        let data = Array(input[(8 + Int(length))...])
        guard !chance(1, in: 4) else { return Array(input[..<(8 + Int(length))]) + mutatedNumbers(data) }
        guard let header = mutatedJSON(input[8..<8 + Int(length)]) else { return nil }
        if chance(3, in: 4), let value = try? JSON(parsing: header), let fitted = fitted(value, data) {
            return fitted
        }
        let claimed = chance(1, in: 16) ? Self.awkwardLengths.randomElement(using: &random) : nil
        return Self.prefix(claimed ?? UInt64(header.count)) + header + data
    }

    private static let awkwardLengths: [UInt64] = [0, 1, 7, 1 << 24, 1 << 31, 1 << 32, 1 << 63, .max - 7, .max]

    private static func prefix(_ length: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    }

    /// The header with each tensor's place as its type and shape ask for, and as much data: so that what the first
    /// check would refuse gets to the next.
    private func fitted(_ header: JSON, _ data: [UInt8]) -> [UInt8]? {
        guard var object = header.objectValue else { return nil }
        var end = 0
        for name in object.keys where name != "__metadata__" {
            guard var entry = object[name]?.objectValue, let shape = entry["shape"]?.arrayValue?.compactMap(\.intValue),
                let type = entry["dtype"]?.stringValue.flatMap({ TensorType(rawValue: $0) }),
                let count = type.byteCount(shape: shape), count <= capacity
            else { continue }
            entry["data_offsets"] = JSON([end, end + count])
            object[name] = .object(entry)
            end += count
        }
        let text = JSON(object).encoded()
        guard 8 + text.count + end <= capacity else { return nil }
        let filled = (0..<end).map { data.isEmpty ? UInt8(truncatingIfNeeded: $0) : data[$0 % data.count] }
        return Self.prefix(UInt64(text.count)) + text + filled
    }

    /// Some of the numbers become ones that arithmetic trips over.
    private mutating func mutatedNumbers(_ data: [UInt8]) -> [UInt8] {
        var data = data
        let width = [1, 2, 4, 8].randomElement(using: &random) ?? 4
        guard data.count >= width else { return data }
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let pattern = Self.awkwardPatterns.randomElement(using: &random) ?? 0
            let place = Int.random(in: 0..<data.count / width, using: &random) * width
            for byte in 0..<width { data[place + byte] = UInt8(truncatingIfNeeded: pattern >> (8 * byte)) }
        }
        return data
    }

    /// NaN, infinities, the largest, the smallest and subnormal numbers as float32, float16, bfloat16 and float64, and
    /// integers at the ends of their ranges.
    private static let awkwardPatterns: [UInt64] = [
        0, 1, 2, .max, 1 << 63, 0x7fff_ffff, 0x8000_0000, 0x7fc0_0000, 0x7f80_0000, 0xff80_0000, 0x7f7f_ffff,
        0x8000_0001,
        0x7e00_7e00, 0x7c00_fc00, 0x7bff_0001, 0x7fc0_7f80, 0x7ff8 << 48, 0x7ff0 << 48, 0x7fef_ffff_ffff_ffff,
    ]
}

extension Mutator {
    private mutating func chance(_ part: Int, in whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &random) < part
    }
}
