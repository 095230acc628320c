import HeapModule

/// Lays spans of time side by side: no two that overlap are in one lane, and there are as few lanes as can be.
struct SpanLanes {
    /// Of each span, its lane, from 0.
    private(set) var lanes: [Int]
    private(set) var count = 0

    /// - Parameter spans: in any order.
    init<Time: Comparable>(_ spans: [Range<Time>]) {
        lanes = Array(repeating: 0, count: spans.count)
        var busy = Heap<BusyLane<Time>>()
        var free = Heap<Int>()
        for index in spans.indices.sorted(by: { (spans[$0].lowerBound, $0) < (spans[$1].lowerBound, $1) }) {
            while let lane = busy.min, lane.end <= spans[index].lowerBound {
                free.insert(lane.number)
                busy.removeMin()
            }
            lanes[index] = free.popMin() ?? count
            count = max(count, lanes[index] + 1)
            busy.insert(BusyLane(end: spans[index].upperBound, number: lanes[index]))
        }
    }
}

private struct BusyLane<Time: Comparable>: Comparable {
    let end: Time
    let number: Int

    static func < (a: Self, b: Self) -> Bool { (a.end, a.number) < (b.end, b.number) }
}
