public import AttnMath
import Codecs
public import Fleet

/// Computes one task's block, from Q, K and V as they lie in its payload, and gives its partial.
public struct BlockComputation: Sendable {
    let task: TaskMessage
    let kernel: AttentionKernel
    let cancel: CancelFlag

    public init(_ task: TaskMessage, kernel: AttentionKernel, cancel: CancelFlag) {
        self.task = task
        self.kernel = kernel
        self.cancel = cancel
    }

    public enum Outcome: Sendable {
        case done(Partial)
        case cancelled
        case failed(reason: String)
    }

    /// Runs on a compute thread; looks for cancellation between groups of heads.
    public func run(_ workspace: inout Workspace) -> Outcome {
        do {
            let shape = try BlockShape(
                queryHeads: task.queryHeads, kvHeads: task.kvHeads, queries: task.queries, keys: task.keys,
                headSize: task.weights?.hiddenSize ?? task.headSize, valueHeadSize: task.valueHeadSize)
            let partial = try withMask { mask in
                try withOperands(mask, &workspace) { operands, workspace in
                    try compute(shape, operands, &workspace)
                }
            }
            return .done(partial)
        } catch is Cancelled {
            return .cancelled
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Why a computation stopped in the middle.
    struct Cancelled: Error {}

    private func compute(
        _ shape: BlockShape, _ operands: BlockOperands, _ workspace: inout Workspace
    ) throws -> Partial {
        var lse: [Float] = []
        let output = try filled(shape.outputCount) { output in
            lse = try filled(shape.rowCount) { lse in
                let result = BlockResult(output: output, lse: lse)
                try forEachGroup(shape) { heads in
                    try kernel.attend(shape, attributes, operands, heads: heads, into: result, workspace: &workspace)
                }
            }
        }
        guard let stage = scoreStage else { return Partial(output: output, lse: lse) }
        let (count, overflow) = shape.rowCount.multipliedReportingOverflow(by: shape.keys)
        guard !overflow else { throw ShapeError.tooLarge(tensor: "the scores") }
        let scores = try filled(count) { scores in
            try forEachGroup(shape) { heads in
                try kernel.scores(
                    shape, attributes, operands, stage: stage, heads: heads, into: scores, workspace: &workspace)
            }
        }
        return Partial(output: output, lse: lse, scores: scores)
    }

    private func forEachGroup(_ shape: BlockShape, _ body: (Range<Int>) throws -> Void) throws {
        for kvHead in 0..<shape.kvHeads {
            try stopIfCancelled()
            try body(kvHead * shape.headsPerGroup..<(kvHead + 1) * shape.headsPerGroup)
        }
    }

    func stopIfCancelled() throws {
        if cancel.isSet { throw Cancelled() }
    }

    private var attributes: BlockAttributes {
        let attributes = task.attributes
        return BlockAttributes(
            scale: attributes.scale, softcap: attributes.softcap,
            window: KeyWindow(first: attributes.windowFirst, last: attributes.windowLast),
            softmaxPrecision: attributes.softmaxPrecision == .float64 ? .float64 : .float32)
    }

    private var scoreStage: ScoreStage? {
        switch task.attributes.scoreOutput {
        case .raw: .raw
        case .capped: .capped
        case .biased: .biased
        case nil: nil
        }
    }

    private func withMask<Result>(_ body: (BlockMask?) throws -> Result) throws -> Result {
        guard let mask = task.mask else { return try body(nil) }
        let (heads, queries, keys) = (mask.shape[0], mask.shape[1], mask.shape[2])
        if mask.type == .bool {
            return try task.tensors.withElements(of: mask, as: UInt8.self) {
                try body(BlockMask(.boolean($0), heads: heads, queries: queries, keys: keys))
            }
        }
        return try task.tensors.withElements(of: mask, as: Float.self) {
            try body(BlockMask(.additive($0), heads: heads, queries: queries, keys: keys))
        }
    }
}

/// An array whose every element `fill` writes; zeroed first, should it stop early.
func filled(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        let numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        numbers.initialize(repeating: 0)
        initialized = count
        try fill(numbers)
    }
}
