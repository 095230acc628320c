extension JobTrace {
    /// What viewers would show wrongly: nothing, whatever the report. For tests.
    package var defects: [String] { Self.defects(events) }

    static func defects(_ events: [TraceEvent]) -> [String] {
        var defects: [String] = []
        for (event, next) in zip(events, events.dropFirst()) where next.isBefore(event) {
            defects.append("\(next.name) at \(next.time) stands after \(event.name) at \(event.time)")
        }
        for event in events where event.time < 0 || event.duration < 0 { defects.append("\(event.json) is negative") }
        for slices in Dictionary(grouping: events.filter(\.isSlice), by: \.thread).values {
            defects += overlaps(slices)
        }
        return defects + arrowDefects(events)
    }

    /// Slices of one thread, of which one begins within another and ends after it.
    private static func overlaps(_ slices: [TraceEvent]) -> [String] {
        var defects: [String] = []
        var around: [TraceEvent] = []
        for slice in slices {
            while let last = around.last, last.end <= slice.time { around.removeLast() }
            if let last = around.last, slice.end > last.end {
                defects.append(
                    "\(slice.name) from \(slice.time) to \(slice.end) ends after \(last.name) at \(last.end)")
            }
            around.append(slice)
        }
        return defects
    }

    /// Arrows without a beginning or without an end.
    private static func arrowDefects(_ events: [TraceEvent]) -> [String] {
        var begun: [Int: Int] = [:]
        for event in events {
            switch event.kind {
            case .arrowBegin(let id): begun[id, default: 0] += 1
            case .arrowEnd(let id): begun[id, default: 0] -= 1
            default: break
            }
        }
        return begun.filter { $0.value != 0 }.map { "arrow \($0.key) has not two ends" }
    }
}
