internal import AttnKernels
internal import CAttnKernels

extension HeadGroup {
    /// One key/value head of a checked block and the query heads of a call that share it. Nil if a buffer has no memory,
    /// which a checked block with rows and keys cannot have.
    ///
    /// - Parameters:
    ///   - heads: Query heads, all of key/value head `kvHead`.
    ///   - keys: Keys within the block and its mask; at least 1.
    ///   - output, lse: Of the whole block; only the rows of `heads` are written.
    init?(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, heads: Range<Int>, kvHead: Int,
        keys: Int, output: UnsafeMutablePointer<Float>, lse: UnsafeMutablePointer<Float>
    ) {
        guard let q = operands.q.baseAddress, let k = operands.k.baseAddress, let v = operands.v.baseAddress else {
            return nil
        }
        let firstRow = heads.lowerBound * shape.queries
        let bytes = operands.format.byteCount
        let mask = MaskAddress(operands.mask, firstHead: heads.lowerBound)
        self.init(
            q: q + firstRow * shape.headSize * bytes,
            k: k + kvHead * shape.keys * shape.headSize * bytes,
            v: v + kvHead * shape.keys * shape.valueHeadSize * bytes,
            format: operands.format.kernelFormat,
            softmaxInDouble: attributes.softmaxPrecision == .float64 ? 1 : 0,
            heads: heads.count, queries: shape.queries, keys: keys, headSize: shape.headSize,
            valueHeadSize: shape.valueHeadSize,
            // Clamped to where every key is hidden or none, so that sums of positions cannot overflow.
            windowFirst: min(max(attributes.window.first ?? -shape.queries, -shape.queries), keys),
            windowLast: min(max(attributes.window.last ?? keys, -shape.queries), keys),
            scale: attributes.scale, softcap: attributes.softcap,
            scoreWeights: operands.scoreWeights?.baseAddress.map { $0 + heads.lowerBound * shape.headSize },
            booleanMask: mask.boolean, additiveMask: mask.additive, maskHeadStride: mask.headStride,
            maskRowStride: mask.rowStride, output: output + firstRow * shape.valueHeadSize, lse: lse + firstRow)
    }
}

/// Where a mask begins for the heads of a call; at most one of the two addresses is there.
private struct MaskAddress {
    var boolean: UnsafePointer<UInt8>?
    var additive: UnsafePointer<Float>?
    var headStride = 0
    var rowStride = 0

    init(_ mask: BlockMask?, firstHead: Int) {
        guard let mask else { return }
        headStride = mask.headStride
        rowStride = mask.rowStride
        switch mask.elements {
        case .boolean(let elements): boolean = elements.baseAddress.map { $0 + firstHead * mask.headStride }
        case .additive(let elements): additive = elements.baseAddress.map { $0 + firstHead * mask.headStride }
        }
    }
}

extension FloatFormat {
    /// As `HeadGroup` names it; float64 is refused before.
    var kernelFormat: Int32 {
        switch self {
        case .float16: Int32(ElementFormatFloat16)
        case .bfloat16: Int32(ElementFormatBFloat16)
        case .float32, .float64: Int32(ElementFormatFloat32)
        }
    }
}
