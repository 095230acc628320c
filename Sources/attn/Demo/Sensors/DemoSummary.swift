import Codecs
import Demo

/// What a playback came to, for people and for programs.
struct DemoSummary {
    private let book: Playback
    private let share: Double?

    /// - Parameter isHeld: the share of a core that workers were held to, if they were.
    init(_ book: Playback, isHeld share: Double?) {
        self.book = book
        self.share = share
    }

    var lines: [String] {
        [
            "\(book.answered) windows answered; \(book.open) lost, \(book.doubled) answered twice",
            "accuracy: \(fixed(100 * book.accuracy, 2)) % of the windows; \(book.recordingsRight) of "
                + "\(book.recordingsShown) recordings of the test split were always told rightly",
        ]
    }

    var json: JSON {
        [
            "windows": JSON(book.answered), "lost": JSON(book.open), "doubled": JSON(book.doubled),
            "unknown": JSON(book.unknown), "accuracy": JSON(book.accuracy),
            "recordings_shown": JSON(book.recordingsShown), "recordings_right": JSON(book.recordingsRight),
            "worker_share": share.map { JSON($0) } ?? .null, "phases": .array(book.phases.map(json)),
        ]
    }

    private func json(_ phase: Playback.Phase) -> JSON {
        func seconds(_ duration: Duration?) -> JSON { duration.map { JSON($0 / .seconds(1)) } ?? .null }
        let end = phase.end ?? .zero
        let rates = phase.windows.keys.sorted().map { ($0, JSON(phase.rate(of: $0, at: end))) }
        return [
            "name": .string(phase.name), "workers": JSON(phase.workers), "windows": JSON(phase.latencies.count),
            "windows_per_s": JSON(phase.rate(at: end)), "median_s": seconds(phase.latency(quantile: 0.5)),
            "p99_s": seconds(phase.latency(quantile: 0.99)), "windows_per_s_by_worker": .object(JSON.Object(rates)),
        ]
    }
}
