// float64 to and from float32.
//
// In the baseline variant only: what bounds it is memory.

#if !HAS_FMA

    /// Narrows `count` little-endian float64 numbers to nearest, ties to even: too large ones become infinite. A NaN
    /// stays a NaN.
    @inline(never)
    public func narrowFloat64(_ source: UnsafeRawPointer, into destination: UnsafeMutablePointer<Float>, count: Int) {
        for i in 0..<count {
            destination[i] = Float(source.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
        }
    }

    /// Widens `count` numbers to little-endian float64. Exact.
    @inline(never)
    public func widenToFloat64(_ source: UnsafePointer<Float>, into destination: UnsafeMutableRawPointer, count: Int) {
        for i in 0..<count {
            destination.storeBytes(of: Double(source[i]), toByteOffset: 8 * i, as: Double.self)
        }
    }

#endif
