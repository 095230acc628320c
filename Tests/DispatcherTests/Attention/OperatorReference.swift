// The operators as their texts say it, one query at a time: nothing here is shared with the code under test. In double
// it is what answers are held against; in float32, the obvious way, it says how exact float32 can be expected to be.
//
// Sources: the published schema of ONNX Attention, opset 25; Bahdanau, Cho and Bengio 2014, arXiv:1409.0473, for
// additive scores.

import Glibc

@testable import Dispatcher

protocol ReferenceNumber: BinaryFloatingPoint {
    static func exponential(_ x: Self) -> Self
    static func logarithm(_ x: Self) -> Self
    static func hyperbolicTangent(_ x: Self) -> Self
}

extension Double: ReferenceNumber {
    static func exponential(_ x: Double) -> Double { exp(x) }
    static func logarithm(_ x: Double) -> Double { log(x) }
    static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}

extension Float: ReferenceNumber {
    static func exponential(_ x: Float) -> Float { exp(x) }
    static func logarithm(_ x: Float) -> Float { log(x) }
    static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

/// What an operator answers: Y [B, H, L, E], its log-sum-exp [B, H, L], and the scores wanted [B, H, L, S].
struct OperatorAnswer<Number> {
    var output: [Number] = []
    var lse: [Number] = []
    var scores: [Number] = []
    /// The largest magnitude of a visible score.
    var largestScore: Number
}

struct OperatorReference<Number: ReferenceNumber> {
    private let sample: AttentionSample
    private let q: [Number]
    private let k: [Number]
    private let v: [Number]
    private let weights: (query: [Number], key: [Number], score: [Number])
    private let mask: (shape: [Int], elements: [Float])?

    init(_ sample: AttentionSample) {
        self.sample = sample
        func numbers(_ floats: [Float]) -> [Number] { floats.map { Number($0) } }
        (q, k, v) = (numbers(sample.q), numbers(sample.k), numbers(sample.v))
        weights = (
            numbers(sample.weight("W_query")), numbers(sample.weight("W_key")), numbers(sample.weight("w_score"))
        )
        mask = sample.maskBias
    }

    func answer() -> OperatorAnswer<Number> {
        var answer = OperatorAnswer<Number>(largestScore: 0)
        for b in 0..<sample.batch {
            for h in 0..<sample.queryHeads {
                for i in 0..<sample.queries { append(b, h, i, to: &answer) }
            }
        }
        return answer
    }

    /// One row: QKᵀ, softcap, mask, softmax, times V.
    private func append(_ b: Int, _ h: Int, _ i: Int, to answer: inout OperatorAnswer<Number>) {
        let (keys, size) = (sample.allKeys, sample.valueHeadSize)
        let kvRow = (b * sample.kvHeads + h / (sample.queryHeads / sample.kvHeads)) * keys
        let raw = (0..<keys).map { score(b, h, i, kvRow + $0) }
        let capped = raw.map { score in
            guard let softcap = sample.softcap.map({ Number($0) }), softcap > 0 else { return score }
            return softcap * Number.hyperbolicTangent(score / softcap)
        }
        let biased = (0..<keys).map { capped[$0] + bias([b, h, i, $0]) }
        let largest = biased.max() ?? -.infinity
        let exponentials = biased.map { largest == -.infinity ? 0 : Number.exponential($0 - largest) }
        let sum = exponentials.reduce(0, +)
        // No key to attend: zeros, not NaN.
        let probabilities = exponentials.map { sum == 0 ? 0 : $0 / sum }
        for e in 0..<size {
            answer.output.append((0..<keys).reduce(0) { $0 + probabilities[$1] * v[(kvRow + $1) * size + e] })
        }
        answer.lse.append(sum == 0 ? -.infinity : largest + Number.logarithm(sum))
        answer.largestScore = biased.reduce(answer.largestScore) { $1.isFinite ? max($0, $1.magnitude) : $0 }
        switch sample.scoreOutput {
        case .raw: answer.scores += raw
        case .capped: answer.scores += capped
        case .biased: answer.scores += biased
        case .probabilities: answer.scores += probabilities
        case nil: break
        }
    }

    private func score(_ b: Int, _ h: Int, _ i: Int, _ kvRow: Int) -> Number {
        let query = ((b * sample.queryHeads + h) * sample.queries + i) * sample.headSize
        let key = kvRow * sample.keySize
        guard let additive = sample.additive else {
            let scale = sample.scale.map { Number($0) } ?? 1 / Number(sample.headSize).squareRoot()
            return scale * (0..<sample.headSize).reduce(0) { $0 + q[query + $1] * k[key + $1] }
        }
        let hiddenSize = additive.hiddenSize
        let kvHead = h / (sample.queryHeads / sample.kvHeads)
        let sum = (0..<hiddenSize).reduce(Number(0)) { sum, u in
            let queryWeights = ((additive.isPerHead ? h : 0) * hiddenSize + u) * sample.headSize
            let keyWeights = ((additive.isPerHead ? kvHead : 0) * hiddenSize + u) * sample.keySize
            let a = (0..<sample.headSize).reduce(Number(0)) { $0 + weights.query[queryWeights + $1] * q[query + $1] }
            let c = (0..<sample.keySize).reduce(Number(0)) { $0 + weights.key[keyWeights + $1] * k[key + $1] }
            return sum + weights.score[(additive.isPerHead ? h : 0) * hiddenSize + u] * Number.hyperbolicTangent(a + c)
        }
        return (sample.scale.map { Number($0) } ?? 1) * sum
    }

    /// What is added to the score at [batch, head, query, key].
    private func bias(_ place: [Int]) -> Number {
        let (query, key) = (place[2], place[3])
        let valid = sample.validKeys.map { Int($0[place[0]]) }
        let position = query + (valid.map { $0 - sample.queries } ?? sample.past ?? 0)
        if let valid, key >= valid { return -.infinity }
        if sample.isCausal, key > position { return -.infinity }
        if let left = sample.leftWindow, left >= 0, position - key > left { return -.infinity }
        if let right = sample.rightWindow, right >= 0, key - position > right { return -.infinity }
        guard let mask else { return 0 }
        guard key < mask.shape[mask.shape.count - 1] else { return -.infinity }
        var index = 0
        for (axis, (size, at)) in zip(mask.shape, place.suffix(mask.shape.count)).enumerated() {
            let repeats = size == 1 && axis < mask.shape.count - 1
            index = index * size + (repeats ? 0 : at)
        }
        return Number(mask.elements[index])
    }
}
