// What the kernels ask of a head group. Legend in TileShape.swift.

import CAttnKernels

/// Some of the keys of a key tile, counted from its first key.
struct KeyRange {
    var first: Int
    var end: Int

    @inline(__always)
    var isEmpty: Bool { first >= end }
}

extension HeadGroup {
    /// A row is one query of one query head: row `r` is query `r % queries` of head `r / queries`.
    @inline(__always)
    var rows: Int { heads * queries }

    /// Whether the window hides any key from any query.
    @inline(__always)
    var isWindowed: Bool { windowFirst + queries > 1 || windowLast + 1 < keys }

    /// The keys from `firstKey` on, at most `count`, that the window lets row `row` see.
    @inline(__always)
    func visibleKeys(row: Int, firstKey: Int, count: Int) -> KeyRange {
        guard isWindowed else { return KeyRange(first: 0, end: count) }
        let query = row % queries
        return KeyRange(
            first: max(0, query + windowFirst - firstKey), end: min(count, query + windowLast + 1 - firstKey))
    }

    /// The smallest range that holds what each of `rowCount` rows sees; empty if none sees any.
    @inline(__always)
    func visibleKeys(firstRow: Int, rowCount: Int, firstKey: Int, count: Int) -> KeyRange {
        guard isWindowed else { return KeyRange(first: 0, end: count) }
        var seen = KeyRange(first: count, end: 0)
        for row in firstRow..<firstRow + rowCount {
            let range = visibleKeys(row: row, firstKey: firstKey, count: count)
            if range.isEmpty { continue }
            seen.first = min(seen.first, range.first)
            seen.end = max(seen.end, range.end)
        }
        return seen
    }

    /// Where the mask of `row` starts, in either mask.
    @inline(__always)
    func maskStart(row: Int) -> Int {
        row / queries * maskHeadStride + row % queries * maskRowStride
    }

    @inline(__always)
    func query<E: Element>(_ row: Int, _: E.Type) -> UnsafePointer<E> {
        q.assumingMemoryBound(to: E.self) + row * headSize
    }

    @inline(__always)
    func key<E: Element>(_ key: Int, _: E.Type) -> UnsafePointer<E> {
        k.assumingMemoryBound(to: E.self) + key * headSize
    }

    @inline(__always)
    func value<E: Element>(_ key: Int, _: E.Type) -> UnsafePointer<E> {
        v.assumingMemoryBound(to: E.self) + key * valueHeadSize
    }
}
