import AttnMath
import Glibc
import Testing

@Suite("Softmax probabilities")
struct SoftmaxProbabilityTests {
    @Test("are exp(score - lse), rounded once")
    func values() throws {
        var generator = SeededGenerator(seed: 3)
        let scores = generator.floats(6 * 11, times: 40)
        let lse = generator.floats(6, times: 40).map { 40 + $0 }
        let probabilities = try normalized(scores, lse: lse, keys: 11)
        for (index, p) in probabilities.enumerated() {
            let exact = exp(Double(scores[index]) - Double(lse[index / 11]))
            // Half a unit of the result, and the double exponential's own.
            #expect((Double(p) - exact).magnitude <= 0.5001 * Double(Float(exact).ulp))
        }
    }

    @Test("are zeros in a row that saw nothing, 0 for a hidden key, and all NaN in a row of NaN")
    func degenerateRows() throws {
        let scores: [Float] = [-.infinity, .nan, -.infinity, 1, -.infinity, 1]
        let probabilities = try normalized(scores, lse: [-.infinity, 1, .nan], keys: 2)
        #expect(Array(probabilities[..<4]) == [0, 0, 0, 1])
        #expect(probabilities[4...].allSatisfy { $0.isNaN })
    }

    @Test("of no keys, or of no rows, are none")
    func empty() throws {
        #expect(try normalized([], lse: [1, 2], keys: 0).isEmpty)
        #expect(try normalized([], lse: [], keys: 5).isEmpty)
    }

    @Test("are refused sizes that disagree, and nothing is changed")
    func sizes() {
        var scores: [Float] = [1, 2, 3]
        #expect(throws: ShapeError.count(buffer: "the scores", expected: 4, actual: 3)) {
            try normalize(&scores, lse: [1, 2], keys: 2)
        }
        #expect(throws: ShapeError.dimension(name: "keys", value: -1, atLeast: 0)) {
            try normalize(&scores, lse: [1], keys: -1)
        }
        #expect(throws: ShapeError.tooLarge(tensor: "the scores")) {
            try normalize(&scores, lse: [1, 2, 3], keys: .max)
        }
        #expect(scores == [1, 2, 3])
    }

    private func normalized(_ scores: [Float], lse: [Float], keys: Int) throws -> [Float] {
        var scores = scores
        try normalize(&scores, lse: lse, keys: keys)
        return scores
    }

    private func normalize(_ scores: inout [Float], lse: [Float], keys: Int) throws {
        try scores.withUnsafeMutableBufferPointer { scores in
            try lse.withUnsafeBufferPointer { try SoftmaxProbabilities.normalize(scores, lse: $0, keys: keys) }
        }
    }
}
