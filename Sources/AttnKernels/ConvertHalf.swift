// IEEE 754 binary16 to and from float32, in integer arithmetic, so that every variant gives the same bits.
//
// In the baseline variant only: what bounds it is memory.

#if !HAS_FMA

    import CAttnKernels

    /// Widens `count` little-endian binary16 numbers. Exact; subnormals, infinities and signs are kept, a NaN keeps its
    /// payload.
    @inline(never)
    public func widenFloat16(_ source: UnsafeRawPointer, into destination: UnsafeMutablePointer<Float>, count: Int) {
        var i = 0
        while i + laneCount <= count {
            store(widenHalves(widenedHalves(source + 2 * i)), destination + i)
            i += laneCount
        }
        while i < count {
            let half = source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
            destination[i] = widenHalves(LaneBits(repeating: UInt32(half)))[0]
            i += 1
        }
    }

    /// Narrows `count` numbers to little-endian binary16, to nearest, ties to even: 65520 and above become infinite,
    /// results below 2^-14 subnormal. A NaN stays a NaN and becomes quiet.
    @inline(never)
    public func narrowToFloat16(
        _ source: UnsafePointer<Float>, into destination: UnsafeMutableRawPointer, count: Int
    ) {
        var i = 0
        while i + laneCount <= count {
            let halves = LaneHalves(truncatingIfNeeded: narrowed(load(source + i)))
            destination.storeBytes(of: halves, toByteOffset: 2 * i, as: LaneHalves.self)
            i += laneCount
        }
        while i < count {
            let half = UInt16(truncatingIfNeeded: narrowed(Lanes(repeating: source[i]))[0])
            destination.storeBytes(of: half, toByteOffset: 2 * i, as: UInt16.self)
            i += 1
        }
    }

    @inline(__always)
    private func narrowed(_ value: Lanes) -> LaneBits {
        let bits = unsafeBitCast(value, to: LaneBits.self)
        let magnitude = bits & LaneBits(repeating: 0x7fff_ffff)

        // Rebias the exponent and add just under half a unit of the result, plus one if that makes the tie even.
        let odd = (magnitude &>> LaneBits(repeating: 13)) & LaneBits(repeating: 1)
        let rebias = LaneBits(repeating: 0xc800_0fff)  // (15 - 127) << 23, plus 0xfff
        var half = (magnitude &+ rebias &+ odd) &>> LaneBits(repeating: 13)

        // Adding 0.5 lines a subnormal result's bits up at the end of the sum, rounded by the addition.
        let aligned = unsafeBitCast(magnitude, to: Lanes.self) + Lanes(repeating: 0.5)
        let subnormal = unsafeBitCast(aligned, to: LaneBits.self) &- LaneBits(repeating: 0x3f00_0000)
        half = half.replacing(with: subnormal, where: magnitude .< LaneBits(repeating: 0x3880_0000))

        half = half.replacing(with: LaneBits(repeating: 0x7c00), where: magnitude .>= LaneBits(repeating: 0x4780_0000))
        let payload = (magnitude &>> LaneBits(repeating: 13)) & LaneBits(repeating: 0x3ff)
        half = half.replacing(
            with: payload | LaneBits(repeating: 0x7e00), where: magnitude .> LaneBits(repeating: 0x7f80_0000))
        return half | ((bits &>> LaneBits(repeating: 16)) & LaneBits(repeating: 0x8000))
    }

#endif
