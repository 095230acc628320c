import Testing

@testable import Demo

@Suite("A playback")
struct PlaybackTests {
    private let labels = ["still", "moving"]

    private func playback(sensors: Int = 2) -> Playback {
        Playback(sensors: sensors, labels: labels, truth: [0, 1, 1, 0, 1])
    }

    private func answer(_ round: Playback.Round, _ label: String, by workers: [String] = ["w1"]) -> Playback.Answer {
        Playback.Answer(sensor: round.sensor, start: round.start, label: label, score: 0.9, workers: workers)
    }

    @Test("has its sensors go through all recordings, each beginning elsewhere")
    func rounds() {
        var book = playback()
        let rounds = (0..<5).flatMap { _ in [book.begin(0), book.begin(1)] }
        #expect(rounds.map(\.recording) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
        #expect(Set(rounds.filter { $0.sensor == 0 }.map(\.start)).count == 5)
    }

    @Test("counts each round once; tells what is doubled, what is nobody's, and what is lost")
    func verdicts() {
        var book = playback()
        let first = book.begin(0)
        #expect(book.received(answer(first, "still"), at: .seconds(1)) == .doubled, "its last reading is not out")
        book.completed(first, at: .seconds(1))
        #expect(book.open == 1)
        #expect(book.received(answer(first, "still"), at: .seconds(2)) == .answered)
        #expect(book.received(answer(first, "still"), at: .seconds(3)) == .doubled)
        let never = Playback.Answer(sensor: 1, start: first.start, label: "still", score: 1, workers: [])
        #expect(book.received(never, at: .seconds(3)) == .unknown)
        let nobody = Playback.Answer(sensor: 7, start: first.start, label: "still", score: 1, workers: [])
        #expect(book.received(nobody, at: .seconds(3)) == .unknown)
        let odd = Playback.Answer(sensor: 0, start: first.start + 1, label: "still", score: 1, workers: [])
        #expect(book.received(odd, at: .seconds(3)) == .unknown)
        #expect((book.answered, book.doubled, book.unknown, book.open) == (1, 2, 3, 0))
        book.completed(book.begin(0), at: .seconds(4))
        #expect(book.open == 1, "lost, if nothing more comes")
    }

    @Test("holds answers against the truth, by window and by recording")
    func accuracy() {
        var book = playback(sensors: 1)
        for label in ["still", "moving", "still", "still", "moving", "moving"] {
            let round = book.begin(0)
            book.completed(round, at: .zero)
            #expect(book.received(answer(round, label), at: .zero) == .answered)
        }
        // Truth: still moving moving still moving still.
        #expect(book.accuracy == 4.0 / 6)
        #expect((book.recordingsShown, book.recordingsRight) == (5, 3))
        #expect(book.confusion[1] == ["moving": 2, "still": 1])
    }

    @Test("measures phases by themselves: rates, quantiles, each worker's share")
    func phases() throws {
        var book = playback(sensors: 1)
        func round(from begin: Int, to end: Int, by worker: String) {
            let round = book.begin(0)
            book.completed(round, at: .milliseconds(begin))
            _ = book.received(answer(round, "still", by: [worker]), at: .milliseconds(end))
        }
        round(from: 0, to: 100, by: "w9")
        book.begin(phase: "one", workers: 2, at: .milliseconds(1000))
        for step in 1...10 { round(from: 1000, to: 1000 + 10 * step, by: step <= 4 ? "w1" : "w2") }
        book.endPhase(at: .milliseconds(3000))
        round(from: 3000, to: 3100, by: "w1")
        book.begin(phase: "two", workers: 1, at: .milliseconds(4000))
        let phase = try #require(book.phases.first)
        #expect(phase.rate(at: .seconds(99)) == 5 && phase.rate(of: "w1", at: .seconds(99)) == 2)
        #expect(phase.rate(of: "w9", at: .seconds(99)) == 0, "before the phase")
        #expect(phase.latency(quantile: 0.5) == .milliseconds(60))
        #expect(phase.latency(quantile: 0.99) == .milliseconds(100))
        #expect(book.phases[1].latency(quantile: 0.5) == nil && book.phases[1].rate(at: .seconds(5)) == 0)
        #expect(book.workers == ["w1", "w2", "w9"])
    }

    @Test("says so when more workers answered no more windows")
    func hint() {
        let table = PlaybackTable(Palette(isColoured: false))
        func phases(_ answers: (Int, Int)) -> [Playback.Phase] {
            var book = playback(sensors: 1)
            for (workers, count) in [(3, answers.0), (5, answers.1)] {
                book.begin(phase: "phase", workers: workers, at: .zero)
                for _ in 0..<count {
                    let round = book.begin(0)
                    book.completed(round, at: .zero)
                    _ = book.received(answer(round, "still"), at: .zero)
                }
                book.endPhase(at: .seconds(1))
            }
            return book.phases
        }
        #expect(table.hint(phases((10, 20))) == nil)
        #expect(table.hint(phases((20, 21)))?.hasPrefix("more workers, but not more windows") == true)
        #expect(table.hint(Array(phases((20, 21)).prefix(1))) == nil)
    }

    @Test("is drawn: sensors, workers, the whole; without colours plain text")
    func table() {
        var book = playback()
        let round = book.begin(1)
        book.begin(phase: "one", workers: 2, at: .zero)
        book.completed(round, at: .zero)
        _ = book.received(answer(round, "moving"), at: .milliseconds(12))
        let workers = [(name: "w1", isRunning: true), (name: "w2", isRunning: false)]
        let lines = PlaybackTable(Palette(isColoured: false)).screen(book, workers: workers, at: .seconds(2))
        let text = lines.joined(separator: "\n")
        #expect(lines.contains("  wrist-1     …"))
        #expect(lines.contains("  wrist-2     moving       0.90 ███████· ✓  12 ms"))
        #expect(lines.contains { $0.hasPrefix("  w1          0.5") } && lines.contains("  w2                  killed"))
        #expect(text.contains("0.5 windows/s, latency median 12 ms, p99 12 ms; 1 windows answered, 100.0 % rightly"))
        let coloured = PlaybackTable(Palette(isColoured: true)).screen(book, workers: workers, at: .seconds(2))
        #expect(coloured.joined().contains("\u{1b}[31mkilled\u{1b}[0m") && !text.contains("\u{1b}"))
    }

    @Test("fits the screen: sensors that do not are counted")
    func height() {
        let table = PlaybackTable(Palette(isColoured: false))
        let workers = [(name: "w1", isRunning: true)]
        let whole = table.screen(playback(sensors: 20), workers: workers, at: .zero)
        #expect(whole.count == 27)
        for height in 8...30 {
            let lines = table.screen(playback(sensors: 20), workers: workers, height: height, at: .zero)
            #expect(lines.count == min(height, whole.count))
            #expect(lines.suffix(5) == whole.suffix(5), "workers and the whole are never left out")
            #expect(lines.contains("  … and \(28 - height) more") == (height < whole.count))
        }
    }

    @Test(
        "numbers have the decimals asked for",
        arguments: [
            (1.0, 2, "1.00"), (0.005, 2, "0.01"), (-0.001, 2, "0.00"), (-2.5, 0, "-3"), (12.345, 1, "12.3"),
            (0.05, 3, "0.050"), (.infinity, 1, "inf"),
        ])
    func decimals(value: Double, decimals: Int, text: String) { #expect(fixed(value, decimals) == text) }
}
