// Whether inputs can make an output that is not finite: if they cannot, a worker that sends one is to blame.

import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Inputs that may not give finite outputs") struct NonFiniteInputTests {
    /// One head, one query, `keys` keys, head sizes 1; each tensor filled with one number.
    private func mayBeNonFinite(
        q: Float = 1, k: Float = 1, v: Float = 1, keys: Int = 4, mask: [Float]? = nil, scale: String? = nil
    ) throws -> Bool {
        var tensors = [
            TensorSource("Q", .f32, shape: [1, 1, 1, 1], [q]),
            TensorSource("K", .f32, shape: [1, 1, keys, 1], Array(repeating: k, count: keys)),
            TensorSource("V", .f32, shape: [1, 1, keys, 1], Array(repeating: v, count: keys)),
        ]
        if let mask { tensors.append(TensorSource("attn_mask", .f32, shape: [mask.count], mask)) }
        var metadata = ["job": "j"]
        metadata["scale"] = scale
        let payload = try Safetensors.encode(metadata: metadata, tensors: tensors)
        return try AttentionRequest(JobRequest(decoding: payload)).mayBeNonFinite()
    }

    @Test("Ordinary numbers cannot")
    func ordinary() throws {
        #expect(try !mayBeNonFinite())
        #expect(try !mayBeNonFinite(q: -1e15, k: 1e15, v: -1e30, scale: "1e5"))
    }

    @Test("−∞ in a mask hides, and cannot; nor can a mask of no elements")
    func hidden() throws {
        #expect(try !mayBeNonFinite(mask: [-.infinity, 0, -1e38, 5]))
        #expect(try !mayBeNonFinite(mask: []))
    }

    @Test("NaN and infinities in any input can", arguments: [Float.nan, .infinity])
    func notFinite(number: Float) throws {
        #expect(try mayBeNonFinite(q: number))
        #expect(try mayBeNonFinite(k: -number))
        #expect(try mayBeNonFinite(v: number))
        #expect(try mayBeNonFinite(mask: [0, number]))
    }

    @Test("Scores that overflow can, and dot products that a small scale would bring back")
    func scores() throws {
        #expect(try mayBeNonFinite(q: 1e20, k: 1e20))
        #expect(try mayBeNonFinite(scale: "3e38"))
        #expect(try mayBeNonFinite(q: 1e20, k: -1e20, scale: "1e-30"))
        #expect(try mayBeNonFinite(mask: [3e38]))
    }

    @Test("Values whose sum overflows can, though their mean does not")
    func values() throws {
        #expect(try mayBeNonFinite(v: 1e38))
        #expect(try mayBeNonFinite(v: -3e38, keys: 1))
    }

    @Test("What is in the cache counts like what is new")
    func past() throws {
        func mayBeNonFinite(key: Float, value: Float) throws -> Bool {
            let one = [Float(1)]
            let payload = try Safetensors.encode(
                metadata: ["job": "j"],
                tensors: ["Q", "K", "V"].map { TensorSource($0, .f32, shape: [1, 1, 1, 1], one) } + [
                    TensorSource("past_key", .f32, shape: [1, 1, 1, 1], [key]),
                    TensorSource("past_value", .f32, shape: [1, 1, 1, 1], [value]),
                ])
            return try AttentionRequest(JobRequest(decoding: payload)).mayBeNonFinite()
        }
        #expect(try !mayBeNonFinite(key: 1, value: 1))
        #expect(try mayBeNonFinite(key: .nan, value: 1))
        #expect(try mayBeNonFinite(key: 1, value: -3e38))
    }

    @Test("Additive scores are as large as the sum of w; projections may overflow before")
    func additive() throws {
        func mayBeNonFinite(q: Float = 1, query: Float = 1, key: Float = 1, score: Float = 1) throws -> Bool {
            let payload = try Safetensors.encode(
                metadata: ["job": "j", "op": "AdditiveAttention"],
                tensors: [("Q", q), ("K", 1), ("V", 1)].map { TensorSource($0, .f32, shape: [1, 1, 1, 1], [$1]) } + [
                    TensorSource("W_query", .f32, shape: [1, 1], [query]),
                    TensorSource("W_key", .f32, shape: [1, 1], [key]),
                    TensorSource("w_score", .f32, shape: [1], [score]),
                ])
            return try AttentionRequest(JobRequest(decoding: payload)).mayBeNonFinite()
        }
        #expect(try !mayBeNonFinite(q: 1e30, score: 1e30))
        #expect(try mayBeNonFinite(q: 1e20, query: 1e20))
        #expect(try mayBeNonFinite(key: .infinity))
        #expect(try mayBeNonFinite(score: 2e38))
        #expect(try mayBeNonFinite(score: .nan))
    }
}
