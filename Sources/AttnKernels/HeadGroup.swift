// What the attention kernel works on: operands by raw pointer and stride, nothing checked. AttnMath checks.
//
// Internal, as is every type here: a public one would bring metadata and copy functions that the linker merges with
// those of other modules, and so could hand a variant's instructions to a CPU that lacks them.

/// One key/value head and the query heads that share it; `attendHeadGroup` says what each member means.
struct HeadGroup {
    let q: UnsafePointer<Float>
    let qStride: Int
    let k: UnsafePointer<Float>
    let kStride: Int
    let v: UnsafePointer<Float>
    let vStride: Int
    let booleanMask: UnsafePointer<UInt8>?
    let additiveMask: UnsafePointer<Float>?
    let maskHeadStride: Int
    let maskRowStride: Int
    let output: UnsafeMutablePointer<Float>
    let outputStride: Int
    let lse: UnsafeMutablePointer<Float>
    let heads: Int
    let queries: Int
    let keys: Int
    let headSize: Int
    let valueHeadSize: Int
    let scale: Float
    let causalOffset: Int

    /// A row is one query of one query head: row `r` is query `r % queries` of head `r / queries`.
    @inline(__always)
    var rows: Int { heads * queries }

    /// How many of the `count` keys from `firstKey` on causality lets row `row` see; they are the first ones.
    @inline(__always)
    func visibleKeys(row: Int, firstKey: Int, count: Int) -> Int {
        min(count, max(0, row % queries + causalOffset + 1 - firstKey))
    }

    /// Where the mask of `row` starts, in either mask.
    @inline(__always)
    func maskStart(row: Int) -> Int {
        row / queries * maskHeadStride + row % queries * maskRowStride
    }
}
