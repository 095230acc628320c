// How the elements of Q, K and V, and of weights, are stored, and their way into float32 lanes. Legend in TileShape.swift.

import CAttnKernels

/// A stored number. The kernels are specialised for each conforming type; the loads take any alignment and are exact.
protocol Element {
    static func load(_ source: UnsafePointer<Self>) -> Lanes
    static func loadFour(_ source: UnsafePointer<Self>) -> SIMD4<Float>
    static func loadOne(_ source: UnsafePointer<Self>) -> Float
}

/// IEEE 754 binary32. Not `Float` itself, whose conformance would be a record of this module about another's type.
struct Single: Element {
    let number: Float

    @inline(__always)
    static func load(_ source: UnsafePointer<Single>) -> Lanes {
        UnsafeRawPointer(source).loadUnaligned(as: Lanes.self)
    }

    @inline(__always)
    static func loadFour(_ source: UnsafePointer<Single>) -> SIMD4<Float> {
        UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
    }

    @inline(__always)
    static func loadOne(_ source: UnsafePointer<Single>) -> Float {
        UnsafeRawPointer(source).loadUnaligned(as: Float.self)
    }
}

/// Floats in memory as stored numbers.
@inline(__always)
func single(_ floats: UnsafePointer<Float>) -> UnsafePointer<Single> {
    UnsafeRawPointer(floats).assumingMemoryBound(to: Single.self)
}

/// IEEE 754 binary16.
struct Half: Element {
    let bits: UInt16

    @inline(__always)
    static func load(_ source: UnsafePointer<Half>) -> Lanes {
        #if HAS_FMA || arch(arm64)
            widenedFloat16(source)
        #else
            widenHalves(widenedHalves(source))
        #endif
    }

    @inline(__always)
    static func loadFour(_ source: UnsafePointer<Half>) -> SIMD4<Float> {
        #if HAS_FMA || arch(arm64)
            fourWidenedFloat16(source)
        #else
            load(source)
        #endif
    }

    @inline(__always)
    static func loadOne(_ source: UnsafePointer<Half>) -> Float {
        widenHalves(LaneBits(repeating: UInt32(UnsafeRawPointer(source).loadUnaligned(as: UInt16.self))))[0]
    }
}

/// The upper half of a float32.
struct BFloat16: Element {
    let bits: UInt16

    @inline(__always)
    static func load(_ source: UnsafePointer<BFloat16>) -> Lanes {
        unsafeBitCast(widenedHalves(source) &<< LaneBits(repeating: 16), to: Lanes.self)
    }

    @inline(__always)
    static func loadFour(_ source: UnsafePointer<BFloat16>) -> SIMD4<Float> {
        unsafeBitCast(fourWidenedHalves(source) &<< SIMD4<UInt32>(repeating: 16), to: SIMD4<Float>.self)
    }

    @inline(__always)
    static func loadOne(_ source: UnsafePointer<BFloat16>) -> Float {
        Float(bitPattern: UInt32(UnsafeRawPointer(source).loadUnaligned(as: UInt16.self)) << 16)
    }
}

/// Widens binary16 numbers in integer arithmetic, exactly: moves exponent and fraction into place and multiplies by
/// 2^112, the difference of the exponent biases, which also normalises subnormals.
@inline(__always)
func widenHalves(_ half: LaneBits) -> Lanes {
    let magnitude = half & LaneBits(repeating: 0x7fff)
    let shifted = magnitude &<< LaneBits(repeating: 13)
    let scaled = unsafeBitCast(shifted, to: Lanes.self) * Lanes(repeating: 0x1p112)
    let notFinite = magnitude .>= LaneBits(repeating: 0x7c00)
    let bits = unsafeBitCast(scaled, to: LaneBits.self)
        .replacing(with: shifted | LaneBits(repeating: 0x7f80_0000), where: notFinite)
    let sign = (half & LaneBits(repeating: 0x8000)) &<< LaneBits(repeating: 16)
    return unsafeBitCast(bits | sign, to: Lanes.self)
}
