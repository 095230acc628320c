// Puts a key tile into the order the register tile reads it in, as float32, once for all rows. Legend in
// TileShape.swift.

import CAttnKernels

/// Packs the keys of a tile into panels [keys / N][D][N].
@inline(__always)
func packKeys<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _: E.Type
) {
    var panel = scratch.packedKeys
    var j = 0
    while j < tile.count {
        packPanel(
            group.key(tile.firstKey + j, E.self), keys: min(panelWidth, tile.count - j), headSize: group.headSize,
            into: panel)
        panel += group.headSize * panelWidth
        j += panelWidth
    }
}

/// Packs the values of a tile into panels [E / N][keys][N].
///
/// The register tile could read values as they lie, but then walks down columns of 64 bytes: slow when they are not in
/// cache yet, and where rows are a power of two apart they all fall into a few sets of the first-level cache.
@inline(__always)
func packValues<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _: E.Type
) {
    for j in 0..<tile.count {
        packValue(
            group.value(tile.firstKey + j, E.self), count: group.valueHeadSize,
            into: scratch.packedValues + j * panelWidth, panelStride: scratch.keys * panelWidth)
    }
}

/// Deals one value out to the panels, the last padded with zeros.
@inline(__always)
func packValue<E: Element>(
    _ value: UnsafePointer<E>, count: Int, into panels: UnsafeMutablePointer<Float>, panelStride: Int
) {
    var destination = panels
    var c = 0
    while c + panelWidth <= count {
        store(E.load(value + c), destination)
        store(E.load(value + c + laneCount), destination + laneCount)
        destination += panelStride
        c += panelWidth
    }
    guard c < count else { return }
    for lane in 0..<panelWidth {
        destination[lane] = c + lane < count ? E.loadOne(value + c + lane) : 0
    }
}

/// Transposes up to N keys into [D][N]; missing keys are zeros, so that their scores are finite until they are masked.
@inline(__always)
func packPanel<E: Element>(
    _ keys: UnsafePointer<E>, keys count: Int, headSize: Int, into panel: UnsafeMutablePointer<Float>
) {
    var d = 0
    if count == panelWidth {
        while d + 4 <= headSize {
            var j = 0
            while j < panelWidth {
                transposeFour(
                    keys + j * headSize + d, stride: headSize, into: panel + d * panelWidth + j, stride: panelWidth)
                j += 4
            }
            d += 4
        }
    }
    while d < headSize {
        for j in 0..<panelWidth {
            panel[d * panelWidth + j] = j < count ? E.loadOne(keys + j * headSize + d) : 0
        }
        d += 1
    }
}
