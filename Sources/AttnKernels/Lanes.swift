// The vector type of the kernels and the few operations on it that have to become one instruction each. These sources
// are compiled once per instruction set; this file is where the variants differ.
//
// Everything here is concrete and `internal`: a generic or inlinable function would be emitted as a mergeable symbol,
// and the linker could hand a variant's code to a CPU that lacks its instructions.

#if _endian(big)
    #error("tensors are little-endian and read as they lie")
#endif

#if HAS_FMA || arch(arm64)
    /// 12 accumulators of 8 lanes, 2 operands and a broadcast: 15 of the 16 registers of AVX2, 30 of the 32 of NEON.
    typealias Lanes = SIMD8<Float>
    typealias LaneBits = SIMD8<UInt32>
    typealias LaneHalves = SIMD8<UInt16>
    typealias LaneIntegers = SIMD8<Int32>
    typealias LanePairs = SIMD16<Int16>
#else
    /// The same count in the 16 registers of SSE2, each half as wide.
    typealias Lanes = SIMD4<Float>
    typealias LaneBits = SIMD4<UInt32>
    typealias LaneHalves = SIMD4<UInt16>
    typealias LaneIntegers = SIMD4<Int32>
    typealias LanePairs = SIMD8<Int16>
#endif

/// Scalars in one vector register.
var laneCount: Int {
    @inline(__always) get { Lanes.scalarCount }
}

/// `a * b + c`, fused where the instruction set fuses: elsewhere `addingProduct` would call `fmaf` lane by lane.
@inline(__always)
func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
    #if HAS_FMA || arch(arm64)
        c.addingProduct(a, b)
    #else
        a * b + c
    #endif
}

/// Written as a select, because that compiles to one `max`; keeps `a` where `b` is NaN.
@inline(__always)
func larger(_ a: Lanes, _ b: Lanes) -> Lanes {
    a.replacing(with: b, where: b .> a)
}

@inline(__always)
func load(_ source: UnsafePointer<Float>) -> Lanes {
    UnsafeRawPointer(source).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func load(_ source: UnsafeMutablePointer<Float>) -> Lanes {
    UnsafeRawPointer(source).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ lanes: Lanes, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: lanes, as: Lanes.self)
}

@inline(__always)
func sum(_ lanes: Lanes) -> Float {
    #if HAS_FMA || arch(arm64)
        let four = lanes.lowHalf + lanes.highHalf
    #else
        let four = lanes
    #endif
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The sums of four vectors.
@inline(__always)
func sums(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) -> SIMD4<Float> {
    #if HAS_FMA || arch(arm64)
        return sumsOfFours(
            a.lowHalf + a.highHalf, b.lowHalf + b.highHalf, c.lowHalf + c.highHalf, d.lowHalf + d.highHalf)
    #else
        return sumsOfFours(a, b, c, d)
    #endif
}

/// Transposes and adds.
@inline(__always)
private func sumsOfFours(
    _ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>, _ d: SIMD4<Float>
) -> SIMD4<Float> {
    let ab = SIMD4(lowHalf: a.evenHalf, highHalf: b.evenHalf) + SIMD4(lowHalf: a.oddHalf, highHalf: b.oddHalf)
    let cd = SIMD4(lowHalf: c.evenHalf, highHalf: d.evenHalf) + SIMD4(lowHalf: c.oddHalf, highHalf: d.oddHalf)
    return SIMD4(lowHalf: ab.evenHalf, highHalf: cd.evenHalf) + SIMD4(lowHalf: ab.oddHalf, highHalf: cd.oddHalf)
}

/// The largest lane; NaN lanes may be passed over.
@inline(__always)
func largest(_ lanes: Lanes) -> Float {
    #if HAS_FMA || arch(arm64)
        let four = lanes.lowHalf.replacing(with: lanes.highHalf, where: lanes.highHalf .> lanes.lowHalf)
    #else
        let four = lanes
    #endif
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[1] > two[0] ? two[1] : two[0]
}
