/// A playback as lines of text: sensors with what they do, workers with how much they compute, the fleet as a whole.
public struct PlaybackTable: Sendable {
    private let palette: Palette

    public init(_ palette: Palette) { self.palette = palette }

    /// Everything, for a screen that is drawn again and again.
    /// - Parameters:
    ///   - workers: in their order, with whether they run.
    ///   - height: how many lines there may be, nil for any number; sensors that do not fit are only counted.
    public func screen(
        _ playback: Playback, workers: [(name: String, isRunning: Bool)], height: Int? = nil, at now: Duration
    ) -> [String] {
        let below = workerLines(playback.phases.last, workers, at: now) + ["", "  " + status(playback, at: now)]
        let head = ["", "  " + palette.styled("sensor      activity     score             latency", .dim)]
        let room = height.map { max(0, $0 - head.count - below.count) } ?? Int.max
        return head + sensorLines(playback.sensors, room: room) + below
    }

    private func sensorLines(_ sensors: [Playback.Sensor], room: Int) -> [String] {
        let shown = sensors.count <= room ? sensors.count : max(0, room - 1)
        let lines = sensors.prefix(shown).enumerated().map { "  " + line($0.offset, $0.element) }
        return shown == sensors.count
            ? lines : lines + ["  " + palette.styled("… and \(sensors.count - shown) more", .dim)]
    }

    private func workerLines(
        _ phase: Playback.Phase?, _ workers: [(name: String, isRunning: Bool)], at now: Duration
    ) -> [String] {
        let rates = workers.map { phase?.rate(of: $0.name, at: now) ?? 0 }
        // Bars are drawn against the fastest, however fast the devices are.
        let fastest = max(rates.max() ?? 0, 1)
        return ["", "  " + palette.styled("worker      windows/s", .dim)]
            + zip(workers, rates).map { worker, rate in
                let state = worker.isRunning ? bar(rate / fastest, 20) : palette.styled("killed", .red)
                return "  \(worker.name.padded(12))\((worker.isRunning ? fixed(rate, 1) : "").padded(8))\(state)"
            }
    }

    private func line(_ number: Int, _ sensor: Playback.Sensor) -> String {
        let name = Self.name(sensor: number).padded(12)
        guard let last = sensor.last else { return name + palette.styled("…", .dim) }
        let mark = sensor.wasRight ? palette.styled("✓", .green) : palette.styled("✗", .red)
        return "\(name)\(last.label.padded(12)) \(fixed(last.score, 2)) \(bar(last.score, 8)) \(mark)  "
            + milliseconds(sensor.latency)
    }

    public static func name(sensor number: Int) -> String { "wrist-\(number + 1)" }

    private func status(_ playback: Playback, at now: Duration) -> String {
        guard let phase = playback.phases.last else { return "waiting for the fleet" }
        return palette.styled("\(fixed(phase.rate(at: now), 1)) windows/s", .bold) + ", latency median "
            + milliseconds(phase.latency(quantile: 0.5)) + ", p99 " + milliseconds(phase.latency(quantile: 0.99))
            + "; \(playback.answered) windows answered, \(fixed(100 * playback.accuracy, 1)) % rightly"
    }

    /// A phase that is over, in a line or two.
    public func summary(_ phase: Playback.Phase, at now: Duration) -> [String] {
        let workers = phase.windows.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        let rates = workers.map { "\($0) \(fixed(phase.rate(of: $0, at: now), 1))" }.joined(separator: ", ")
        return [
            "\(phase.workers) workers: " + palette.styled("\(fixed(phase.rate(at: now), 1)) windows/s", .bold)
                + ", latency median \(milliseconds(phase.latency(quantile: 0.5))), p99 "
                + "\(milliseconds(phase.latency(quantile: 0.99)))",
            palette.styled("windows/s of each: \(rates)", .dim),
        ]
    }

    /// What to say when more workers did not answer more windows.
    public func hint(_ phases: [Playback.Phase]) -> String? {
        guard let first = phases.first, let last = phases.last, last.workers > first.workers,
            last.rate(at: .zero) < 1.1 * first.rate(at: .zero)
        else { return nil }
        return palette.styled(
            "more workers, but not more windows: the cores or the broker that all share are the limit here; "
                + "a smaller --share leaves it to the workers", .dim)
    }

    private func bar(_ share: Double, _ width: Int) -> String {
        let full = max(0, min(Int((share * Double(width)).rounded()), width))
        return palette.styled(String(repeating: "█", count: full), .cyan) + String(repeating: "·", count: width - full)
    }

    private func milliseconds(_ duration: Duration?) -> String {
        duration.map { "\(fixed($0 / .milliseconds(1), 0)) ms" } ?? "–"
    }
}

extension String {
    public func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// A number with that many decimals.
public func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let rest = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
}
