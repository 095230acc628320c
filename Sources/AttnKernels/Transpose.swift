// Small transpositions in registers.

/// Transposes 4 elements of 4 rows.
@inline(__always)
func transposeFour<E: Element>(
    _ source: UnsafePointer<E>, stride: Int, into destination: UnsafeMutablePointer<Float>, stride columns: Int
) {
    let a = E.loadFour(source)
    let b = E.loadFour(source + stride)
    let c = E.loadFour(source + 2 * stride)
    let d = E.loadFour(source + 3 * stride)
    let abLow = SIMD4(lowHalf: a.lowHalf, highHalf: b.lowHalf)
    let cdLow = SIMD4(lowHalf: c.lowHalf, highHalf: d.lowHalf)
    let abHigh = SIMD4(lowHalf: a.highHalf, highHalf: b.highHalf)
    let cdHigh = SIMD4(lowHalf: c.highHalf, highHalf: d.highHalf)
    storeFour(SIMD4(lowHalf: abLow.evenHalf, highHalf: cdLow.evenHalf), destination)
    storeFour(SIMD4(lowHalf: abLow.oddHalf, highHalf: cdLow.oddHalf), destination + columns)
    storeFour(SIMD4(lowHalf: abHigh.evenHalf, highHalf: cdHigh.evenHalf), destination + 2 * columns)
    storeFour(SIMD4(lowHalf: abHigh.oddHalf, highHalf: cdHigh.oddHalf), destination + 3 * columns)
}

/// Transposes 4 elements of 2 rows.
@inline(__always)
func transposeTwo(
    _ source: UnsafePointer<Float>, stride: Int, into destination: UnsafeMutablePointer<Float>, stride columns: Int
) {
    let a = Single.loadFour(UnsafeRawPointer(source).assumingMemoryBound(to: Single.self))
    let b = Single.loadFour(UnsafeRawPointer(source + stride).assumingMemoryBound(to: Single.self))
    storeTwo(SIMD2(a[0], b[0]), destination)
    storeTwo(SIMD2(a[1], b[1]), destination + columns)
    storeTwo(SIMD2(a[2], b[2]), destination + 2 * columns)
    storeTwo(SIMD2(a[3], b[3]), destination + 3 * columns)
}

@inline(__always)
private func storeFour(_ four: SIMD4<Float>, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: four, as: SIMD4<Float>.self)
}

@inline(__always)
private func storeTwo(_ two: SIMD2<Float>, _ destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: two, as: SIMD2<Float>.self)
}
