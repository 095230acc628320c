// bfloat16 (the upper half of a float32) to and from float32.
//
// In the baseline variant only: what bounds it is memory.

#if !HAS_FMA

    /// Widens `count` little-endian bfloat16 numbers. Exact, for every pattern.
    @inline(never)
    public func widenBFloat16(_ source: UnsafeRawPointer, into destination: UnsafeMutablePointer<Float>, count: Int) {
        let source = source.assumingMemoryBound(to: BFloat16.self)
        var i = 0
        while i + laneCount <= count {
            store(BFloat16.load(source + i), destination + i)
            i += laneCount
        }
        while i < count {
            destination[i] = BFloat16.loadOne(source + i)
            i += 1
        }
    }

    /// Narrows `count` numbers to little-endian bfloat16, to nearest, ties to even. A NaN stays a NaN and becomes
    /// quiet.
    @inline(never)
    public func narrowToBFloat16(
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
        let upper = bits &>> LaneBits(repeating: 16)
        // Just under half a unit of the result, plus one if that makes the tie even; a carry into the exponent is
        // right.
        let rounded =
            (bits &+ LaneBits(repeating: 0x7fff) &+ (upper & LaneBits(repeating: 1))) &>> LaneBits(repeating: 16)
        // Rounding could carry a NaN's payload away.
        let isNaN = (bits & LaneBits(repeating: 0x7fff_ffff)) .> LaneBits(repeating: 0x7f80_0000)
        return rounded.replacing(with: upper | LaneBits(repeating: 0x40), where: isNaN)
    }

#endif
