// The two ceilings a kernel runs against, as loops that do nothing else: multiply-adds in registers, and reading
// memory. Compiled per instruction set like the kernels, so that each variant is held against what its own instructions
// can do.

import CAttnKernels

/// Independent chains of multiply-adds: enough for two units of a latency of 4 or 5, and one register less than would
/// spill beside two operands on 16.
private var chainCount: Int {
    @inline(__always) get { 12 }
}

/// Floats that `multiplyAddChains` needs to start from.
public func multiplyAddChainElements() -> Int { chainCount * laneCount }

/// Does c = a c + b on each element of `chains`, `rounds` times: 2 * rounds * `multiplyAddChainElements` operations.
///
/// The elements are read first and written last; in between everything is in registers.
@inline(never)
public func multiplyAddChains(_ chains: UnsafeMutablePointer<Float>, factor: Float, addend: Float, rounds: Int) {
    let a = Lanes(repeating: factor)
    let b = Lanes(repeating: addend)
    var c0 = load(chains)
    var c1 = load(chains + laneCount)
    var c2 = load(chains + 2 * laneCount)
    var c3 = load(chains + 3 * laneCount)
    var c4 = load(chains + 4 * laneCount)
    var c5 = load(chains + 5 * laneCount)
    var c6 = load(chains + 6 * laneCount)
    var c7 = load(chains + 7 * laneCount)
    var c8 = load(chains + 8 * laneCount)
    var c9 = load(chains + 9 * laneCount)
    var c10 = load(chains + 10 * laneCount)
    var c11 = load(chains + 11 * laneCount)
    for _ in 0..<rounds {
        c0 = multiplyAdd(a, c0, b)
        c1 = multiplyAdd(a, c1, b)
        c2 = multiplyAdd(a, c2, b)
        c3 = multiplyAdd(a, c3, b)
        c4 = multiplyAdd(a, c4, b)
        c5 = multiplyAdd(a, c5, b)
        c6 = multiplyAdd(a, c6, b)
        c7 = multiplyAdd(a, c7, b)
        c8 = multiplyAdd(a, c8, b)
        c9 = multiplyAdd(a, c9, b)
        c10 = multiplyAdd(a, c10, b)
        c11 = multiplyAdd(a, c11, b)
    }
    store(c0, chains)
    store(c1, chains + laneCount)
    store(c2, chains + 2 * laneCount)
    store(c3, chains + 3 * laneCount)
    store(c4, chains + 4 * laneCount)
    store(c5, chains + 5 * laneCount)
    store(c6, chains + 6 * laneCount)
    store(c7, chains + 7 * laneCount)
    store(c8, chains + 8 * laneCount)
    store(c9, chains + 9 * laneCount)
    store(c10, chains + 10 * laneCount)
    store(c11, chains + 11 * laneCount)
}

/// Adds up `count` floats, asking for them `ahead` bytes before they are read, or not at all if that is 0.
///
/// The sum is float32 and there only so that the loads are: what is left over after whole steps of 256 bytes is not
/// read.
@inline(never)
public func sumNumbers(_ numbers: UnsafePointer<Float>, count: Int, ahead: Int) -> Float {
    ahead > 0
        ? sumSteps(numbers, count: count, ahead: ahead, isPrefetching: true)
        : sumSteps(numbers, count: count, ahead: 0, isPrefetching: false)
}

/// Four cache lines a step, each added up by itself, so that no addition waits for another.
@inline(__always)
private func sumSteps(_ numbers: UnsafePointer<Float>, count: Int, ahead: Int, isPrefetching: Bool) -> Float {
    let line = 16
    var s0 = (Lanes(repeating: 0), Lanes(repeating: 0))
    var (s1, s2, s3) = (s0, s0, s0)
    var start = numbers
    for _ in 0..<count / (4 * line) {
        if isPrefetching {
            for step in 0..<4 { prefetch(UnsafeRawPointer(start + step * line) + ahead) }
        }
        addLine(start, to: &s0)
        addLine(start + line, to: &s1)
        addLine(start + 2 * line, to: &s2)
        addLine(start + 3 * line, to: &s3)
        start += 4 * line
    }
    return sum(s0.0 + s0.1 + s1.0 + s1.1 + s2.0 + s2.1 + s3.0 + s3.1)
}

@inline(__always)
private func addLine(_ line: UnsafePointer<Float>, to sums: inout (Lanes, Lanes)) {
    sums.0 += load(line)
    sums.1 += load(line + laneCount)
    #if !(HAS_FMA || arch(arm64))
        sums.0 += load(line + 2 * laneCount)
        sums.1 += load(line + 3 * laneCount)
    #endif
}
