// Attention as PyTorch computes it in float64; Vectors/attention.txt is written by tools/make_attention_vectors.py,
// which describes its format.

import AttnMath
import Foundation
import Testing

@Suite("PyTorch's answers")
struct TorchVectorTests {
    @Test("the oracle gives them to double's rounding, the kernels to float32's", arguments: try TorchVector.all())
    func agreement(vector: TorchVector) throws {
        let reference = try vector.sample.reference()
        let torch = vector.expected
        // Each rounds a few times per key, and its scores, of at most 3e4 with a scale of 1000, to 2^-53 of that.
        let tolerance = 0x1p-53 * 64 * Double(max(1, vector.sample.attributes.scale)) * 8
        for (a, b) in zip(reference.output + reference.lse, torch.output + torch.lse) {
            #expect(a == b || (a - b).magnitude <= tolerance * max(1, b.magnitude))
        }
        let bounds = vector.sample.errorBounds(reference)
        for kernel in kernels {
            let partial = try vector.sample.attended(by: kernel)
            #expect(firstDeviation(partial, from: torch, within: bounds, shape: vector.sample.shape) == nil)
        }
    }
}

/// A block and PyTorch's partial of it.
struct TorchVector: CustomTestStringConvertible, Sendable {
    let name: String
    let sample: BlockSample
    let expected: AttentionOracle.Partial

    var testDescription: String { name }

    struct Malformed: Error {
        let line: String
    }

    static func all() throws -> [TorchVector] {
        let url = try #require(Bundle.module.url(forResource: "Vectors/attention", withExtension: "txt"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let starts = lines.indices.filter { lines[$0].hasPrefix("case ") } + [lines.endIndex]
        return try zip(starts, starts.dropFirst()).map { try TorchVector(Array(lines[$0..<$1])) }
    }

    private init(_ lines: [Substring]) throws {
        let header = lines[0].split(separator: " ")
        var fields: [Substring: Substring] = [:]
        for field in header.dropFirst(2) {
            let parts = field.split(separator: "=")
            fields[parts[0]] = parts[1]
        }
        var tensors: [Substring: [Substring]] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            tensors[words[0]] = Array(words.dropFirst())
        }
        func integer(_ name: Substring) throws -> Int {
            guard let value = fields[name].flatMap({ Int($0) }) else { throw Malformed(line: String(lines[0])) }
            return value
        }
        func floats(_ words: [Substring]?) throws -> [Float] {
            try (words ?? []).map { word in
                guard let bits = UInt32(word, radix: 16) else { throw Malformed(line: String(word)) }
                return Float(bitPattern: bits)
            }
        }
        func doubles(_ words: [Substring]?) throws -> [Double] {
            try (words ?? []).map { word in
                guard let bits = UInt64(word, radix: 16) else { throw Malformed(line: String(word)) }
                return Double(bitPattern: bits)
            }
        }

        name = String(header[1])
        let shape = try BlockShape(
            queryHeads: integer("queryHeads"), kvHeads: integer("kvHeads"), queries: integer("queries"),
            keys: integer("keys"), headSize: integer("headSize"), valueHeadSize: integer("valueHeadSize"))
        var sample = BlockSample(shape, causalOffset: fields["causalOffset"].flatMap { Int($0) })
        sample.attributes.scale = try floats(fields["scale"].map { [$0] })[0]
        sample.q = try floats(tensors["q"])
        sample.k = try floats(tensors["k"])
        sample.v = try floats(tensors["v"])
        switch fields["mask"] {
        case "boolean":
            sample.mask = .boolean(
                tensors["mask", default: []].map { $0 == "1" ? 1 : 0 }, heads: try integer("maskHeads"),
                queries: try integer("maskQueries"), keys: shape.keys)
        case "additive":
            sample.mask = .additive(
                try floats(tensors["mask"]), heads: try integer("maskHeads"), queries: try integer("maskQueries"),
                keys: shape.keys)
        default: break
        }
        self.sample = sample
        expected = AttentionOracle.Partial(
            output: try doubles(tensors["output"]), lse: try doubles(tensors["lse"]))
    }
}
