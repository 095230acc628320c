import Fleet

/// A plan's timeline as a picture: SVG, light or dark as the viewer is.
///
/// A row for each slot of a worker. Of each shard, from top to bottom: its task on its way, the time it is computed, its
/// result on its way.
public struct TimelineDrawing {
    private let plan: FleetPlan
    private let rows: [Row]
    private let hidden: Int

    /// A slot, and the shards computed there.
    private struct Row {
        let name: String
        var shards: [Int]
        var isFree: Double
    }

    private static let mostRows = 64
    private static let (left, width, top, rowHeight) = (130.0, 800.0, 70.0, 26.0)

    public init(_ plan: FleetPlan) {
        self.plan = plan
        var rows: [Int: [Row]] = [:]
        let spans = plan.timeline.spans
        for shard in spans.indices.sorted(by: { spans[$0].begun < spans[$1].begun }) {
            let owner = plan.plan.owners[shard]
            let free = rows[owner]?.firstIndex { $0.isFree <= spans[shard].begun + 1e-12 }
            let lane = free ?? rows[owner]?.count ?? 0
            if free == nil { rows[owner, default: []].append(Row(name: plan.name(owner), shards: [], isFree: 0)) }
            rows[owner]?[lane].shards.append(shard)
            rows[owner]?[lane].isFree = spans[shard].computed
        }
        let all = rows.sorted { $0.key < $1.key }.flatMap(\.value)
        self.rows = Array(all.prefix(Self.mostRows))
        hidden = all.count - self.rows.count
    }

    /// Milliseconds to a place on the axis.
    private func x(_ seconds: Double) -> Double {
        Self.left + (plan.timeline.makespan > 0 ? seconds / plan.timeline.makespan * Self.width : 0)
    }

    public var svg: String {
        let height = Self.top + Double(max(rows.count, 1)) * Self.rowHeight + 60
        let size = "\(number(Self.left + Self.width + 40)) \(number(height))"
        var lines = ["<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" role=\"img\">", Self.style]
        lines.append(text(10, 24, title, "title"))
        lines += legend + axis(bottom: height - 50)
        for (index, row) in rows.enumerated() { lines += draw(row, y: Self.top + Double(index) * Self.rowHeight) }
        if hidden > 0 { lines.append(text(10, height - 12, "and \(hidden) more slots", "label")) }
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    private var title: String {
        let candidate = plan.candidates.first
        let kind = candidate.map { "\($0.kind.rawValue), \($0.workers) workers, \($0.shards) shards" } ?? ""
        return "\(kind): \(milliseconds(plan.timeline.makespan)) predicted"
    }

    private var legend: [String] {
        let entries = [("way", "task on its way"), ("compute", "computed"), ("result", "result on its way")]
        return entries.enumerated().flatMap { index, entry in
            let x = Self.left + Double(index) * 170
            return [
                "<rect class=\"\(entry.0)\" x=\"\(number(x))\" y=\"38\" width=\"12\" height=\"12\"/>",
                text(x + 18, 48, entry.1, "label"),
            ]
        }
    }

    private func axis(bottom: Double) -> [String] {
        let step = tick(plan.timeline.makespan)
        guard step > 0 else { return [] }
        return (0...Int(plan.timeline.makespan / step)).flatMap { index in
            let seconds = Double(index) * step
            let place = number(x(seconds))
            return [
                "<line x1=\"\(place)\" x2=\"\(place)\" y1=\"\(number(Self.top - 8))\" y2=\"\(number(bottom))\"/>",
                text(x(seconds), bottom + 16, milliseconds(seconds), "tick"),
            ]
        }
    }

    private func draw(_ row: Row, y: Double) -> [String] {
        [text(10, y + 16, row.name, "label")]
            + row.shards.flatMap { shard in
                let span = plan.timeline.spans[shard]
                return [
                    bar("way", span.sent, span.arrived, y + 2, 5), bar("compute", span.begun, span.computed, y + 8, 9),
                    bar("result", span.computed, span.done, y + 18, 5),
                ]
            }
    }

    private func bar(_ kind: String, _ begin: Double, _ end: Double, _ y: Double, _ height: Double) -> String {
        let width = max(x(end) - x(begin), end > begin ? 0.5 : 0)
        return "<rect class=\"\(kind)\" x=\"\(number(x(begin)))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\"/>"
    }

    private func text(_ x: Double, _ y: Double, _ text: String, _ kind: String) -> String {
        "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\">\(text.escapedForXML)</text>"
    }

    private static let style = """
        <style>
        svg { background: #fff; font: 13px system-ui, sans-serif; }
        text { fill: #222; } .title { font-size: 16px; font-weight: 600; } .tick { text-anchor: middle; fill: #666; }
        line { stroke: #ddd; } .way { fill: #4c78a8; } .compute { fill: #54a24b; } .result { fill: #e08214; }
        .compute { stroke: #fff; stroke-width: 0.5; }
        @media (prefers-color-scheme: dark) {
        svg { background: #181818; } text { fill: #ddd; } .tick { fill: #999; } line { stroke: #333; }
        .compute { stroke: #181818; }
        }
        </style>
        """
}

extension FleetPlan {
    /// A worker's name by its place.
    func name(_ owner: Int) -> String { workers[owner].id.text }
}

/// A step of 1, 2 or 5 times a power of ten that gives at most nine ticks.
private func tick(_ length: Double) -> Double {
    guard length > 0, length.isFinite else { return 0 }
    var step = 1e-9
    while true {
        for factor in [1.0, 2, 5] where length / (factor * step) <= 9 { return factor * step }
        step *= 10
    }
}

private func milliseconds(_ seconds: Double) -> String {
    let value = seconds * 1e3
    return "\(number(value >= 100 ? value.rounded() : value)) ms"
}

/// At most two decimals, without a trailing zero.
private func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let decimals = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
    return (hundredths < 0 ? "-" : "") + "\(whole)" + decimals
}

extension String {
    fileprivate var escapedForXML: String {
        map { ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"][$0] ?? String($0) }.joined()
    }
}
