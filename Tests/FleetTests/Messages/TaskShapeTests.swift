// The shapes and types of a task's tensors: what fits is taken, everything else is refused before any arithmetic.

import Codecs
import Fleet
import Testing

@Suite("Shapes of tasks") struct TaskShapeTests {
    private func code(
        _ tensors: [(String, TensorType, [Int])], _ attributes: TaskAttributes = TaskAttributes(scale: 1)
    ) throws -> MessageError.Code? {
        try code(
            TaskMessage.encode(
                Samples.header, attributes, tensors: tensors.map { Samples.zeros($0, $1, $2) }))
    }

    private func code(_ payload: [UInt8]) throws -> MessageError.Code? {
        do throws(MessageError) {
            _ = try TaskMessage(decoding: payload)
            return nil
        } catch { return error.code }
    }

    private func code(
        q: [Int] = [4, 3, 2], k: [Int] = [2, 5, 2], v: [Int] = [2, 5, 7], mask: [Int]? = nil,
        types: [TensorType] = [.f32, .f32, .f32], maskType: TensorType = .bool
    ) throws -> MessageError.Code? {
        var tensors = [("Q", types[0], q), ("K", types[1], k), ("V", types[2], v)]
        if let mask { tensors.append(("attn_mask", maskType, mask)) }
        return try code(tensors)
    }

    @Test("Grouped heads, another value head size, and masks that repeat along heads and queries are taken")
    func good() throws {
        #expect(try code() == nil)
        for mask in [[1, 1, 5], [4, 1, 5], [1, 3, 5], [4, 3, 5]] {
            #expect(try code(mask: mask) == nil)
            #expect(try code(mask: mask, maskType: .f32) == nil)
        }
    }

    @Test("Integers come with a float32 scale for each row, and nothing else does")
    func scales() throws {
        let scales: [(String, TensorType, [Int])] = [
            ("Q_scale", .f32, [4, 3]), ("K_scale", .f32, [2, 5]), ("V_scale", .f32, [2, 5]),
        ]
        let shapes = [("Q", [4, 3, 2]), ("K", [2, 5, 2]), ("V", [2, 5, 7])]
        let integers = shapes.map { ($0, TensorType.i8, $1) }
        #expect(try code(integers + scales) == nil)
        for index in scales.indices {
            var changed = scales
            changed.remove(at: index)
            #expect(try code(integers + changed) == .invalid)
            changed = scales
            changed[index].1 = .f16
            #expect(try code(integers + changed) == .invalid)
            changed = scales
            changed[index].2[1] += 1
            #expect(try code(integers + changed) == .invalid)
            #expect(try code(shapes.map { ($0, TensorType.f32, $1) } + [scales[index]]) == .invalid)
        }
    }

    @Test("Additive scoring takes no integers")
    func additiveIntegers() throws {
        let integers: [String: (TensorType, [Int])?] = [
            "Q": (.i8, [2, 1, 1]), "K": (.i8, [1, 2, 2]), "V": (.i8, [1, 2, 1]), "Q_scale": (.f32, [2, 1]),
            "K_scale": (.f32, [1, 2]), "V_scale": (.f32, [1, 2]),
        ]
        #expect(try code(Samples.additiveTask(integers)) == .invalid)
    }

    @Test("Every change of one dimension is refused, unless it is one that may vary")
    func oneDimension() throws {
        let shapes = [[4, 3, 2], [2, 5, 2], [2, 5, 7]]
        // Query heads to another multiple; queries; value head size.
        let free: Set<[Int]> = [[0, 0], [0, 1], [2, 2]]
        for tensor in 0..<3 {
            for axis in 0..<3 {
                for size in [0, 1, 3, 8] where size != shapes[tensor][axis] {
                    var changed = shapes
                    changed[tensor][axis] = size
                    let fits = free.contains([tensor, axis]) && size > 0 && (axis > 0 || size % 2 == 0)
                    #expect(
                        try code(q: changed[0], k: changed[1], v: changed[2]) == (fits ? nil : .invalid), "\(changed)")
                }
            }
        }
    }

    @Test("Tensors of another rank are refused", arguments: 0..<3)
    func ranks(tensor: Int) throws {
        for shape in [[], [6], [3, 2], [1, 4, 3, 2]] {
            var shapes = [[4, 3, 2], [2, 5, 2], [2, 5, 7]]
            shapes[tensor] = shape
            #expect(try code(q: shapes[0], k: shapes[1], v: shapes[2]) == .invalid)
        }
    }

    @Test("A mask that does not fit is refused: its keys are the task's, all of them")
    func masks() throws {
        for mask in [
            [], [5], [3, 5], [1, 1, 4], [1, 1, 6], [1, 1, 1], [2, 3, 5], [4, 2, 5], [1, 4, 3, 5], [0, 1, 5],
        ] {
            #expect(try code(mask: mask) == .invalid, "\(mask)")
        }
    }

    @Test("Q, K and V are of one type out of three; a mask is BOOL or F32", arguments: TensorType.allCases)
    func types(type: TensorType) throws {
        let isRead = [.f32, .f16, .bf16].contains(type)
        #expect(try code(types: [type, type, type]) == (isRead ? nil : .invalid))
        if type != .f32 {
            #expect(try code(types: [type, .f32, .f32]) == .invalid)
            #expect(try code(types: [.f32, .f32, type]) == .invalid)
        }
        #expect(try code(mask: [1, 1, 5], maskType: type) == (type == .bool || type == .f32 ? nil : .invalid))
    }

    @Test("A missing tensor is named")
    func missing() throws {
        let all: [(String, TensorType, [Int])] = [
            ("Q", .f32, [1, 1, 1]), ("K", .f32, [1, 1, 1]), ("V", .f32, [1, 1, 1]),
        ]
        for index in all.indices {
            var tensors = all
            tensors.remove(at: index)
            #expect(try code(tensors) == .malformed)
        }
    }

    @Test("A small task that calls for a huge partial is refused: nothing is allocated for it")
    func hugePartial() throws {
        // Half a megabyte in; the partial would have 2³² elements.
        let size = 1 << 16
        #expect(try code(q: [1, size, 1], k: [1, 1, 1], v: [1, 1, size]) == .invalid)
        // The largest that an MQTT packet holds: 4 bytes for each query's values and log-sum-exp.
        let values = Message.maximumPacketSize / 4 / size - 1
        #expect(try code(q: [1, size, 1], k: [1, 1, 1], v: [1, 1, values]) == nil)
        #expect(try code(q: [1, size, 1], k: [1, 1, 1], v: [1, 1, values + 1]) == .invalid)
    }

    @Test("The scores asked for count as part of the partial")
    func hugeScores() throws {
        let size = 1 << 16
        func code(keys: Int, _ output: TaskAttributes.ScoreOutput?) throws -> MessageError.Code? {
            try self.code(
                [("Q", .f32, [1, size, 1]), ("K", .f32, [1, keys, 1]), ("V", .f32, [1, keys, 1])],
                TaskAttributes(scale: 1, scoreOutput: output))
        }
        let most = Message.maximumPacketSize / 4 / size - 2
        #expect(try code(keys: most, .raw) == nil)
        #expect(try code(keys: most + 1, .biased) == .invalid)
        #expect(try code(keys: most + 1, nil) == nil)
    }

    // MARK: Additive scoring

    @Test("Weights for all heads alike, or for each, are taken; keys have a head size of their own")
    func additive() throws {
        #expect(try code(Samples.additiveTask()) == nil)
        #expect(
            try code(
                Samples.additiveTask([
                    "W_query": (.f32, [2, 3, 1]), "W_key": (.f32, [1, 3, 2]), "w_score": (.f32, [2, 3]),
                ])) == nil)
        let task = try TaskMessage(decoding: Samples.additiveTask())
        #expect([task.headSize, task.keySize, task.weights?.hiddenSize] == [1, 2, 3])
    }

    @Test("Every change of one dimension of a weight is refused")
    func additiveDimensions() throws {
        for (name, shape) in [("W_query", [1, 3, 1]), ("W_key", [1, 3, 2]), ("w_score", [1, 3])] {
            for axis in shape.indices {
                for size in [0, 1, 4, 7] where size != shape[axis] {
                    var changed = shape
                    changed[axis] = size
                    #expect(try code(Samples.additiveTask([name: (.f32, changed)])) == .invalid, "\(name) \(changed)")
                }
            }
            for shape in [[], [3], [1, 1, 3, 1]] {
                #expect(try code(Samples.additiveTask([name: (.f32, shape)])) == .invalid, "\(name) \(shape)")
            }
            #expect(try code(Samples.additiveTask([name: (.f16, shape)])) == .invalid)
            #expect(try code(Samples.additiveTask([name: nil])) == .malformed)
        }
    }

    @Test("Weights are no tensors of a dot-product task: it would be computed as something else than was asked for")
    func unknownTensors() throws {
        for name in ["W_query", "bias", "q", "attn_maks"] {
            let payload = try TaskMessage.encode(
                Samples.header, TaskAttributes(scale: 1),
                tensors: [
                    Samples.zeros("Q", .f32, [1, 1, 1]), Samples.zeros("K", .f32, [1, 1, 1]),
                    Samples.zeros("V", .f32, [1, 1, 1]), Samples.zeros(name, .f32, [1, 3, 1]),
                ])
            #expect(try code(payload) == .unsupported)
        }
    }

    @Test("A small task whose projections would take more than a packet is refused")
    func hugeProjections() throws {
        let (queries, hidden) = (1 << 12, 1 << 14)
        func code(queries: Int) throws -> MessageError.Code? {
            try self.code(
                Samples.additiveTask([
                    "Q": (.f32, [1, queries, 1]), "K": (.f32, [1, 1, 1]), "V": (.f32, [1, 1, 1]),
                    "W_query": (.f32, [1, hidden, 1]), "W_key": (.f32, [1, hidden, 1]), "w_score": (.f32, [1, hidden]),
                ]))
        }
        #expect(try code(queries: queries - 2) == nil)
        #expect(try code(queries: queries) == .invalid)
    }
}
