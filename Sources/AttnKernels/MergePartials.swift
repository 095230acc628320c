// Merging partials: attention over two disjoint sets of keys becomes attention over their union.
//
// In the baseline variant only: what bounds it is memory.

#if !HAS_FMA

    import CAttnKernels

    /// Merges `rows` partial rows into an accumulator: lse = log(exp a + exp b), O = exp(a - lse) O_a + exp(b - lse)
    /// O_b.
    ///
    /// `output` and `partial` are contiguous [rows][columns], the lse's [rows]. The two weights are computed in double
    /// and rounded once, so that an output is off by three roundings of float32 at most, and an lse by one. A row whose
    /// partial saw no key (lse = -inf) stays as it is, bit by bit, whatever the partial's O; a row that saw none so far
    /// becomes the partial. Not idempotent: merging twice counts twice.
    @inline(never)
    public func mergePartialRows(
        output: UnsafeMutablePointer<Float>, lse: UnsafeMutablePointer<Float>, partial: UnsafePointer<Float>,
        partialLSE: UnsafePointer<Float>, rows: Int, columns: Int
    ) {
        for row in 0..<rows {
            let a = lse[row]
            let b = partialLSE[row]
            if b == -.infinity { continue }
            let accumulated = output + row * columns
            let added = partial + row * columns
            if a == -.infinity {
                accumulated.update(from: added, count: columns)
                lse[row] = b
                continue
            }
            let difference = Double(b) - Double(a)
            let ratio = exponentialInDouble(-difference.magnitude)
            let larger = 1 / (1 + ratio)
            let smaller = ratio / (1 + ratio)
            let keep = Float(difference > 0 ? smaller : larger)
            let add = Float(difference > 0 ? larger : smaller)
            weightedSum(accumulated, by: keep, added, by: add, count: columns)
            lse[row] = Float(max(Double(a), Double(b)) + logarithmOfOnePlus(ratio))
        }
    }

    @inline(__always)
    private func weightedSum(
        _ accumulated: UnsafeMutablePointer<Float>, by keep: Float, _ added: UnsafePointer<Float>, by add: Float,
        count: Int
    ) {
        let keeps = Lanes(repeating: keep)
        let adds = Lanes(repeating: add)
        var c = 0
        while c + laneCount <= count {
            store(multiplyAdd(load(added + c), adds, load(accumulated + c) * keeps), accumulated + c)
            c += laneCount
        }
        while c < count {
            accumulated[c] = accumulated[c] * keep + added[c] * add
            c += 1
        }
    }

#endif
