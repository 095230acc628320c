/// A job's work laid out in one line, which is cut anywhere: each worker gets a run of it.
///
/// The line goes through the key/value heads of each batch row, each with all the query heads that it serves, and
/// through the queries of each, or, for jobs with few queries, through the keys. So one family of plans has
/// head, batch and query split, or head, batch and key split, and all between, with shares of any size; keys are
/// sent twice, or rows merged, only at a cut within a head.
struct WorkLine {
    enum Inner: Equatable {
        case queries
        /// Each head's queries in so many parts, each of which goes through the keys.
        case keys(queryParts: Int)
    }

    /// A point of the line: a unit, and how far into it.
    struct Place: Equatable {
        var unit: Int
        var offset: Int
    }

    let problem: AttentionProblem
    let inner: Inner
    /// Of the whole line.
    let flops: Double
    /// Of the line before each batch row.
    private let before: [Double]
    /// Of one key/value head before each of its parts, by batch row if they differ between rows.
    private let partsBefore: [[Double]]
    private let parts: Int

    /// - Parameter queryParts: 1 to the queries.
    init(_ problem: AttentionProblem, _ inner: Inner) {
        self.problem = problem
        self.inner = inner
        var parts = 1
        if case .keys(let queryParts) = inner { parts = min(max(queryParts, 1), problem.queryLength) }
        self.parts = parts
        // Batch rows differ in their padding only.
        let kinds = problem.validKeys == nil ? min(problem.batch, 1) : problem.batch
        partsBefore = (0..<kinds).map { batch in
            (0..<parts).reduce(into: [0]) { sums, part in
                let queries = Self.part(part, of: parts, problem.queryLength)
                let keys = 0..<problem.keyLength
                sums.append(
                    sums[part] + problem.flops(batch: batch, heads: problem.group, queries: queries, keys: keys))
            }
        }
        var before = [0.0]
        for batch in 0..<problem.batch {
            before.append(before[batch] + Double(problem.kvHeads) * (partsBefore[min(batch, kinds - 1)].last ?? 0))
        }
        self.before = before
        flops = before[problem.batch]
    }

    /// Runs that can be had without cutting a head, or part of one.
    var units: Int { problem.batch * problem.kvHeads * parts }

    var end: Place { Place(unit: units, offset: 0) }

    /// Where that share of the work is done: on a whole head, or a multiple of a few queries or keys.
    ///
    /// - Parameter grain: only on parts of a unit, so many to each.
    func place(at share: Double, grain: Int? = nil) -> Place {
        guard share > 0 else { return Place(unit: 0, offset: 0) }
        guard share < 1, flops > 0 else { return end }
        let wanted = share * flops
        let batch = before.partitioningIndex { $0 > wanted } - 1
        guard batch < problem.batch else { return end }
        let sums = partsBefore[min(batch, partsBefore.count - 1)]
        let ofHead = sums[parts]
        guard ofHead > 0 else { return Place(unit: (batch + 1) * problem.kvHeads * parts, offset: 0) }
        let head = min(Int((wanted - before[batch]) / ofHead), problem.kvHeads - 1)
        let inHead = wanted - before[batch] - Double(head) * ofHead
        let part = min(max(sums.partitioningIndex { $0 > inHead } - 1, 0), parts - 1)
        let unit = (batch * problem.kvHeads + head) * parts + part
        return snapped(unit, offset(inHead - sums[part], unit, whole: sums[part + 1] - sums[part]), grain: grain)
    }

    /// The queries or keys of a unit that so much of its work is.
    private func offset(_ wanted: Double, _ unit: Int, whole: Double) -> Int {
        let (batch, _, queries) = rows(unit)
        switch inner {
        case .keys: return Int((wanted / max(whole, 1) * Double(keys(of: unit).count)).rounded())
        case .queries:
            // The work grows with the queries: the first of them up to which it is enough.
            var (low, high) = (0, queries.count)
            while low < high {
                let middle = (low + high) / 2
                let done = problem.flops(
                    batch: batch, heads: problem.group, queries: 0..<middle, keys: 0..<problem.keyLength)
                if done < wanted { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private func snapped(_ unit: Int, _ offset: Int, grain parts: Int?) -> Place {
        let length = inner == .queries ? problem.queryLength : keys(of: unit).count
        if let parts {
            let part = (offset * parts + length / 2) / max(length, 1)
            return part >= parts ? Place(unit: unit + 1, offset: 0) : Place(unit: unit, offset: part * length / parts)
        }
        let grain = length >= 96 ? (inner == .queries ? 12 : 16) : 1
        let place = (offset + grain / 2) / grain * grain
        // A sliver costs a message and gains nothing.
        let sliver = max(length / 32, grain)
        if place < sliver { return Place(unit: unit, offset: 0) }
        return place > length - sliver ? Place(unit: unit + 1, offset: 0) : Place(unit: unit, offset: place)
    }

    private func rows(_ unit: Int) -> (batch: Int, head: Int, queries: Range<Int>) {
        (
            unit / parts / problem.kvHeads, unit / parts % problem.kvHeads,
            Self.part(unit % parts, of: parts, problem.queryLength)
        )
    }

    private static func part(_ part: Int, of parts: Int, _ length: Int) -> Range<Int> {
        part * length / parts..<(part + 1) * length / parts
    }

    /// The keys that a unit goes through.
    private func keys(of unit: Int) -> Range<Int> {
        let (batch, _, queries) = rows(unit)
        return problem.keysToCompute(batch: batch, queries: queries)
    }
}

// MARK: - Runs

extension WorkLine {
    /// Appends the run between two places, for a worker, to the row groups so far.
    func append(from first: Place, to last: Place, owner: Int, to groups: inout [RowGroup]) {
        var place = first
        while place.unit < last.unit || place.offset < last.offset {
            guard place.unit < units else { return }
            if place.offset > 0 || place.unit == last.unit {
                let end = place.unit == last.unit ? last.offset : length(of: place.unit)
                appendPart(place.unit, place.offset..<end, owner, &groups)
                place = end == length(of: place.unit) ? Place(unit: place.unit + 1, offset: 0) : last
                continue
            }
            // Whole units: heads side by side go together.
            let (batch, head, queries) = rows(place.unit)
            let next = parts > 1 ? place.unit + 1 : min(last.unit, (batch + 1) * problem.kvHeads)
            let heads = head * problem.group..<(head + next - place.unit) * problem.group
            let blocks = problem.blocks(batch: batch, queries: queries)
            let ofOneHead = parts > 1 ? head * problem.group..<(head + 1) * problem.group : heads
            groups.append(
                RowGroup(
                    batch: batch, heads: ofOneHead, queries: queries,
                    blocks: blocks.map { RowGroup.Block(keys: $0, owner: owner) }))
            place = Place(unit: next, offset: 0)
        }
    }

    private func length(of unit: Int) -> Int { inner == .queries ? problem.queryLength : keys(of: unit).count }

    private func appendPart(_ unit: Int, _ range: Range<Int>, _ owner: Int, _ groups: inout [RowGroup]) {
        guard !range.isEmpty else { return }
        let (batch, head, queries) = rows(unit)
        let heads = head * problem.group..<(head + 1) * problem.group
        if inner == .queries {
            let blocks = problem.blocks(batch: batch, queries: range)
            return groups.append(
                RowGroup(
                    batch: batch, heads: heads, queries: range,
                    blocks: blocks.map { RowGroup.Block(keys: $0, owner: owner) }))
        }
        let lower = keys(of: unit).lowerBound
        let keys = lower + range.lowerBound..<lower + range.upperBound
        let blocks = problem.withHiddenApart(keys, batch: batch).map { RowGroup.Block(keys: $0, owner: owner) }
        if range.lowerBound == 0 {
            groups.append(RowGroup(batch: batch, heads: heads, queries: queries, blocks: blocks))
        } else {
            groups[groups.count - 1].blocks += blocks
        }
    }
}

extension AttentionProblem {
    /// The keys that queries see, or all if scores of hidden ones are wanted.
    func keysToCompute(batch: Int, queries: Range<Int>) -> Range<Int> {
        scoreOutput?.includesHiddenKeys == true ? 0..<keyLength : visibleKeys(batch: batch, queries: queries)
    }

    /// The blocks of uncut keys: keys past the real ones, of which only scores are wanted, are one by themselves.
    func blocks(batch: Int, queries: Range<Int>) -> [Range<Int>] {
        withHiddenApart(keysToCompute(batch: batch, queries: queries), batch: batch)
    }

    func withHiddenApart(_ keys: Range<Int>, batch: Int) -> [Range<Int>] {
        let reach = min(max(reach(batch: batch), keys.lowerBound), keys.upperBound)
        return [keys.lowerBound..<reach, reach..<keys.upperBound].filter { !$0.isEmpty }
    }
}

extension Array where Element: Comparable {
    /// The first index whose element belongs to the second part; elements of the first part come before it.
    func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
