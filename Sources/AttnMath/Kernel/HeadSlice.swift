/// One key/value head of a checked block and the query heads of a call that share it, as addresses and strides.
struct HeadSlice {
    let q: UnsafePointer<Float>
    let k: UnsafePointer<Float>
    let v: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let lse: UnsafeMutablePointer<Float>
    let mask: BlockMask?
    let shape: BlockShape
    let heads: Range<Int>
    /// Keys within the block and its mask.
    let keys: Int
    let scale: Float
    /// Within -queries...keys, where the ends hide every key and none.
    let causalOffset: Int

    /// Nil if a buffer has no memory, which a checked block with rows and keys cannot have.
    init?(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, _ result: BlockResult,
        heads: Range<Int>, kvHead: Int, keysInReach keys: Int
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
        self.mask = operands.mask
        self.shape = shape
        self.heads = heads
        self.keys = keys
        self.scale = attributes.scale
        self.causalOffset = min(max(attributes.causalOffset ?? keys, -shape.queries), keys)
    }

    var rows: Int { heads.count * shape.queries }

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
