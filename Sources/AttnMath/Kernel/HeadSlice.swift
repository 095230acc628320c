/// One key/value head of a checked block and the query heads of a call that share it, as addresses and strides.
struct HeadSlice {
    let q: UnsafePointer<Float>
    let k: UnsafePointer<Float>
    let v: UnsafePointer<Float>
    let booleanMask: UnsafePointer<UInt8>?
    let additiveMask: UnsafePointer<Float>?
    let maskHeadStride: Int
    let maskRowStride: Int
    let output: UnsafeMutablePointer<Float>
    let lse: UnsafeMutablePointer<Float>
    let heads: Int
    let queries: Int
    /// Keys within the block and its mask.
    let keys: Int
    let headSize: Int
    let valueHeadSize: Int
    let scale: Float
    /// Within -queries...keys, where the ends hide every key and none.
    let causalOffset: Int

    /// Nil if a buffer has no memory, which a checked block with rows and keys cannot have.
    init?(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, _ result: BlockResult,
        heads: Range<Int>, kvHead: Int, keysInReach: Int
    ) {
        guard let q = operands.q.baseAddress, let k = operands.k.baseAddress, let v = operands.v.baseAddress,
            let output = result.output.baseAddress, let lse = result.lse.baseAddress
        else { return nil }
        let firstRow = heads.lowerBound * shape.queries
        self.q = q + firstRow * shape.headSize
        self.k = k + kvHead * shape.keys * shape.headSize
        self.v = v + kvHead * shape.keys * shape.valueHeadSize
        self.output = output + firstRow * shape.valueHeadSize
        self.lse = lse + firstRow

        maskHeadStride = operands.mask?.headStride ?? 0
        maskRowStride = operands.mask?.rowStride ?? 0
        let maskStart = heads.lowerBound * maskHeadStride
        switch operands.mask?.elements {
        case nil:
            booleanMask = nil
            additiveMask = nil
        case .boolean(let elements):
            guard let first = elements.baseAddress else { return nil }
            booleanMask = first + maskStart
            additiveMask = nil
        case .additive(let elements):
            guard let first = elements.baseAddress else { return nil }
            booleanMask = nil
            additiveMask = first + maskStart
        }

        self.heads = heads.count
        queries = shape.queries
        keys = keysInReach
        headSize = shape.headSize
        valueHeadSize = shape.valueHeadSize
        scale = attributes.scale
        causalOffset = min(max(attributes.causalOffset ?? keysInReach, -shape.queries), keysInReach)
    }

    var rows: Int { heads * queries }

    /// Computes the slice; `variant` is one this CPU can run.
    func attend(_ variant: KernelVariant, _ workspace: inout Workspace) {
        switch variant {
        case .baseline:
            attendBaseline(&workspace)
        case .avx2:
            #if arch(x86_64)
                attendAVX2(&workspace)
            #endif
        }
    }
}
