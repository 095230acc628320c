import Codecs
import Fleet

/// A plan's timeline as a picture: SVG, light or dark as the viewer is.
///
/// A band for each worker, and in it a row for each of its slots. Of each shard, from top to bottom: its task on its way, the
/// time it is computed, its result on its way. Whoever points at one is told which shard it is, its bytes and its times.
public struct TimelineDrawing {
    private let plan: FleetPlan
    private let problem: AttentionProblem
    private let wire: WireFormat
    private let bands: [Band]
    private let hidden: Int

    /// A worker's slots, and the shards that each of them computes.
    private struct Band {
        let owner: Int
        let rows: [[Int]]
        let top: Double

        var height: Double { Double(rows.count) * TimelineDrawing.rowHeight }
    }

    private static let mostRows = 64
    private static let (left, width, top, rowHeight) = (130.0, 800.0, 70.0, 26.0)
    /// Of a name, in the space left of the axis.
    private static let mostCharacters = 15

    /// - Parameter wire: how Q, K and V travel.
    public init(_ plan: FleetPlan, _ problem: AttentionProblem, wire: WireFormat) {
        (self.plan, self.problem, self.wire) = (plan, problem, wire)
        let all = Self.rows(of: plan).sorted { $0.key < $1.key }
        var (bands, room) = ([Band](), Self.mostRows)
        for (owner, rows) in all where room > 0 {
            let top = Self.top + Double(Self.mostRows - room) * Self.rowHeight
            bands.append(Band(owner: owner, rows: Array(rows.prefix(room)), top: top))
            room -= min(rows.count, room)
        }
        self.bands = bands
        hidden = all.reduce(0) { $0 + $1.value.count } - (Self.mostRows - room)
    }

    /// Of each worker its slots, as far as there is work for them, and the shards that each computes.
    private static func rows(of plan: FleetPlan) -> [Int: [[Int]]] {
        let spans = plan.timeline.spans
        return Dictionary(grouping: spans.indices) { plan.plan.owners[$0] }.mapValues { shards in
            let lanes = SpanLanes(shards.map { spans[$0].begun..<spans[$0].computed })
            var rows = Array(repeating: [Int](), count: lanes.count)
            for (shard, lane) in zip(shards, lanes.lanes) { rows[lane].append(shard) }
            return rows
        }
    }

    /// Milliseconds to a place on the axis.
    private func x(_ seconds: Double) -> Double {
        Self.left + (plan.timeline.makespan > 0 ? seconds / plan.timeline.makespan * Self.width : 0)
    }

    public var svg: String {
        let height = (bands.last.map { $0.top + $0.height } ?? Self.top + Self.rowHeight) + 60
        let size = "\(number(Self.left + Self.width + 40)) \(number(height))"
        var lines = ["<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" role=\"img\">", Self.style]
        lines.append(text(10, 24, title, "title"))
        lines += legend
        for index in stride(from: 0, to: bands.count, by: 2) { lines.append(background(of: bands[index])) }
        lines += axis(bottom: height - 50)
        for band in bands { lines += draw(band) }
        if hidden > 0 { lines.append(text(10, height - 12, "and \(hidden) more slots", "label")) }
        return lines.joined(separator: "\n") + "\n</svg>\n"
    }

    private var title: String {
        let candidate = plan.candidates.first
        let kind = candidate.map {
            "\($0.kind.rawValue), \($0.workers.counted("worker")), \($0.shards.counted("shard"))"
        }
        return "\(kind ?? ""): \(milliseconds(plan.timeline.makespan)) predicted"
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

    /// Behind every other worker, so that the slots of one are seen together.
    private func background(of band: Band) -> String {
        "<rect class=\"band\" x=\"0\" y=\"\(number(band.top))\" width=\"\(number(Self.left + Self.width + 40))\" "
            + "height=\"\(number(band.height))\"/>"
    }

    private func draw(_ band: Band) -> [String] {
        [name(of: band)]
            + band.rows.enumerated().flatMap { index, row in
                row.flatMap { draw($0, y: band.top + Double(index) * Self.rowHeight) }
            }
    }

    private func name(of band: Band) -> String {
        let (name, y) = (plan.name(band.owner), band.top + band.height / 2 + 4)
        guard name.count > Self.mostCharacters else { return text(10, y, name, "label") }
        return text(10, y, "\(name.prefix(6))…\(name.suffix(7))", "label", tooltip: name)
    }

    private func draw(_ shard: Int, y: Double) -> [String] {
        let span = plan.timeline.spans[shard]
        let piece = plan.plan.shards[shard]
        let (task, result) = (problem.taskBytes(of: piece, wire: wire), problem.resultBytes(of: piece))
        return [
            bar("way", span.sent, span.arrived, y + 2, 5, "task of \(bytes(task)) on its way", shard),
            bar("compute", span.begun, span.computed, y + 8, 9, "computed", shard),
            bar("result", span.computed, span.done, y + 18, 5, "result of \(bytes(result)) on its way", shard),
        ].compactMap { $0 }
    }

    /// Nothing where it takes no time, as a way does within the dispatcher.
    private func bar(
        _ kind: String, _ begin: Double, _ end: Double, _ y: Double, _ height: Double, _ what: String, _ shard: Int
    ) -> String? {
        guard end > begin else { return nil }
        let width = max(x(end) - x(begin), 0.5)
        let times = "\(milliseconds(begin)) to \(milliseconds(end))"
        return "<rect class=\"\(kind)\" x=\"\(number(x(begin)))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\"><title>\(place(of: shard)): \(what), \(times)</title></rect>"
    }

    private func place(of index: Int) -> String {
        let shard = plan.plan.shards[index]
        let ranges = [("heads", shard.heads), ("queries", shard.queries), ("keys", shard.keys)].map { name, range in
            "\(name) \(range.lowerBound)–\(range.upperBound - 1)"
        }
        return "shard \(index), batch row \(shard.batch), " + ranges.joined(separator: ", ")
    }

    private func text(
        _ x: Double, _ y: Double, _ text: String, _ kind: String, tooltip: String? = nil
    ) -> String {
        let title = tooltip.map { "<title>\($0.escapedForXML)</title>" } ?? ""
        return "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\">\(title)\(text.escapedForXML)</text>"
    }

    private static let style = """
        <style>
        svg { background: #fff; font: 13px system-ui, sans-serif; }
        text { fill: #222; } .title { font-size: 16px; font-weight: 600; } .tick { text-anchor: middle; fill: #666; }
        line { stroke: #ddd; } .way { fill: #4c78a8; } .compute { fill: #54a24b; } .result { fill: #e08214; }
        .compute { stroke: #fff; stroke-width: 0.5; } .band { fill: #f3f4f6; }
        @media (prefers-color-scheme: dark) {
        svg { background: #181818; } text { fill: #ddd; } .tick { fill: #999; } line { stroke: #333; }
        .compute { stroke: #181818; } .band { fill: #212327; }
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

private func bytes(_ count: Int) -> String {
    count < 100_000 ? "\(number(Double(count) / 1e3)) kB" : "\(number(Double(count) / 1e6)) MB"
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
