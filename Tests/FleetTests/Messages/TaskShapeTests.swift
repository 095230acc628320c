// The shapes and types of a task's tensors: what fits is taken, everything else is refused before any arithmetic.

import Codecs
import Fleet
import Testing

@Suite("Shapes of tasks") struct TaskShapeTests {
    private func code(_ tensors: [(String, TensorType, [Int])]) throws -> MessageError.Code? {
        let payload = try TaskMessage.encode(
            Samples.header, scale: 1, causalOffset: nil, tensors: tensors.map { Samples.zeros($0, $1, $2) })
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
}
