import Codecs
import Fleet
import Foundation

/// Q, K and V of a real paragraph, and PyTorch's attention of them; see `tools/capture_minilm_attention.py`.
struct DemoInput {
    let text: String
    /// [1, heads, length, head size].
    private let shape: [Int]
    private let q: [Float]
    private let k: [Float]
    private let v: [Float]
    private let expected: [Float]

    static func load() throws -> DemoInput {
        let name = "Resources/minilm-layer0"
        guard let url = Bundle.module.url(forResource: name, withExtension: "safetensors") else {
            throw CommandFailure("the demo's input \(name).safetensors is not beside the program: build it anew")
        }
        let file = try RequestFile.read(url.path)
        func floats(_ tensor: String) throws -> [Float] {
            let info = try file.tensor(tensor)
            if info.type == .f32 { return try file.elements(of: info, as: Float.self) }
            return try file.elements(of: info, as: Float16.self).map(Float.init)
        }
        return DemoInput(
            text: file.metadata["text"] ?? "", shape: try file.tensor("Q").shape, q: try floats("Q"),
            k: try floats("K"), v: try floats("V"), expected: try floats("Y"))
    }

    /// The paragraph `repeated` times over: each query sees each key as often as any other, so the weights, spread
    /// over the copies, sum to the same output.
    func request(repeated: Int) throws -> Safetensors {
        let shape = [shape[0], shape[1], shape[2] * repeated, shape[3]]
        let tensors = [("Q", q), ("K", k), ("V", v)].map { name, numbers in
            TensorSource(name, .f32, shape: shape, tile(numbers, repeated))
        }
        return try Safetensors(parsing: try Safetensors.encode(tensors: tensors))
    }

    func largestDifference(_ result: Safetensors, repeated: Int) throws -> Float {
        let got = try result.elements(of: try result.tensor("Y"), as: Float.self)
        let want = tile(expected, repeated)
        guard got.count == want.count else { throw CommandFailure("the answer has \(got.count) elements") }
        return zip(got, want).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// What Q, K and V of one head take in float32.
    func headBytes(repeated: Int) -> Int { 3 * shape[2] * repeated * shape[3] * 4 }

    func shapeText(repeated: Int) -> String {
        "\(shape[1]) heads × \(shape[2] * repeated) × \(shape[2] * repeated) × \(shape[3])"
    }

    /// Each head's rows, again and again.
    private func tile(_ numbers: [Float], _ times: Int) -> [Float] {
        let head = shape[2] * shape[3]
        var tiled: [Float] = []
        tiled.reserveCapacity(numbers.count * times)
        for start in stride(from: 0, to: numbers.count, by: head) {
            for _ in 0..<times { tiled += numbers[start..<start + head] }
        }
        return tiled
    }
}
