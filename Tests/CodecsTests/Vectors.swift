import Codecs
import Foundation
import Testing

/// The files under `Vectors`, which `tools/make_safetensors_vectors.py` wrote.
enum Vectors {
    static let valid = ["every-type", "empty", "metadata-only", "shapes", "attention"]

    static func bytes(_ file: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil))
        return try [UInt8](Data(contentsOf: folder.appendingPathComponent(file)))
    }

    static func safetensors(_ name: String) throws -> [UInt8] { try bytes("\(name).safetensors") }

    struct Malformed: CustomTestStringConvertible {
        let name: String
        let code: String
        let payload: [UInt8]

        var testDescription: String { name }
    }

    static func malformed() throws -> [Malformed] {
        let cases = try #require(try JSON(parsing: bytes("malformed.json")).arrayValue)
        return try cases.map { element in
            let object = try element.object()
            let hex = Array(try object.string("hex"))
            let payload = stride(from: 0, to: hex.count, by: 2).compactMap {
                UInt8(String(hex[$0...$0 + 1]), radix: 16)
            }
            return try Malformed(name: object.string("name"), code: object.string("code"), payload: payload)
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
