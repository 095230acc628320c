import Codecs
import Demo
import Fleet
import Foundation
import LocalFleet
import Mosquitto

/// Plays the sensors, changes the fleet meanwhile, and shows both.
actor SensorDemo {
    private let fleet: LocalFleet
    private let transport: MosquittoTransport
    private let recordings: Recordings
    private let page: DemoPage
    private let table: PlaybackTable
    private let seconds: Double
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now

    private var playback: Playback
    private var screen = LiveScreen()
    private var workers = (1...3).map { (name: LocalFleet.worker($0), isRunning: true) }
    /// A word for each sensor that its window was answered.
    private let answers: [(stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)]
    private var isEnding = false

    /// How long the first window of a worker, which fetches the model, and the last of all may take.
    private static let patience: Duration = .seconds(60)

    init(
        fleet: LocalFleet, transport: MosquittoTransport, recordings: Recordings, page: DemoPage, sensors: Int,
        seconds: Double
    ) {
        (self.fleet, self.transport, self.recordings) = (fleet, transport, recordings)
        (self.page, self.seconds) = (page, seconds)
        table = PlaybackTable(page.palette)
        playback = Playback(sensors: sensors, recordings)
        answers = (0..<sensors).map { _ in AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }
    }

    private var now: Duration { start.duration(to: clock.now) }

    /// - Returns: the book, once every sensor has its last answer or none will come.
    func run() async throws -> Playback {
        try await transport.subscribe([Subscription("\(DemoTriggers.sensorResults)/+", qos: .atLeastOnce)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            group.addTask { await self.draw() }
            let sensors = playback.sensors.count
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for sensor in 0..<sensors { group.addTask { try await self.play(sensor) } }
                    try await group.waitForAll()
                }
            }
            defer { group.cancelAll() }
            do { try await direct() } catch {
                for answer in answers { answer.continuation.finish() }
                throw error
            }
        }
        screen.clear()
        return playback
    }
}

// MARK: - The fleet

extension SensorDemo {
    /// Three workers; five; one of them killed.
    private func direct() async throws {
        try await watch("three workers")
        show("two more workers join")
        for number in 4...5 {
            try await fleet.startWorker(LocalFleet.worker(number))
            workers.append((LocalFleet.worker(number), true))
        }
        try await watch("five workers")
        if let hint = table.hint(playback.phases) { page.line(hint) }
        let victim = LocalFleet.worker(2)
        try await fleet.kill(victim, signal: SIGKILL)
        workers[1].isRunning = false
        show("kill -9 \(victim)", isBad: true)
        try await watch("one of them killed")
        isEnding = true
        try await eventually { self.playback.open == 0 }
        for answer in answers { answer.continuation.finish() }
    }

    /// A phase, from when every running worker has been at work.
    private func watch(_ name: String) async throws {
        let running = workers.filter(\.isRunning).map(\.name)
        try await eventually { running.allSatisfy(self.playback.workers.contains) }
        playback.begin(phase: name, workers: running.count, at: now)
        try await clock.sleep(for: .seconds(seconds))
        playback.endPhase(at: now)
        screen.clear()
        guard let phase = playback.phases.last else { return }
        for line in table.summary(phase, at: now) { page.line(line) }
    }

    /// Waits until it holds or patience ends: what is still wrong then is seen in the book.
    private func eventually(_ condition: () -> Bool) async throws {
        let end = clock.now.advanced(by: Self.patience)
        while !condition(), clock.now < end { try await clock.sleep(for: .milliseconds(20)) }
    }

    private func show(_ text: String, isBad: Bool = false) {
        screen.clear()
        if isBad { page.warn(text) } else { page.title(text) }
    }

    private func draw() async {
        while screen.isShown, !page.isQuiet, !Task.isCancelled {
            screen.draw(table.screen(playback, workers: workers, height: screen.height, at: now))
            do { try await clock.sleep(for: .milliseconds(100)) } catch { return }
        }
    }
}

// MARK: - The sensors

extension SensorDemo {
    /// One recording after the other, each once the last was answered.
    private func play(_ sensor: Int) async throws {
        var answered = answers[sensor].stream.makeAsyncIterator()
        let topic = "demo/motion/\(sensor)"
        while !isEnding {
            let round = playback.begin(sensor)
            for step in 0..<recordings.length {
                if step == recordings.length - 1 { playback.completed(round, at: now) }
                let payload = recordings.reading(of: round.recording, step: step, start: round.start)
                try await transport.publish(Message(topic: topic, payload: payload, qos: .atLeastOnce))
            }
            guard await answered.next() != nil else { return }
        }
    }

    private func receive() async {
        for await case .message(let message) in transport.events {
            guard let answer = Self.answer(message) else { continue }
            if playback.received(answer, at: now) == .answered { answers[answer.sensor].continuation.yield() }
        }
    }

    /// Nil for what is none; its window is then told as lost.
    private static func answer(_ message: Message) -> Playback.Answer? {
        guard let name = message.topic.split(separator: "/").last, let sensor = Int(name),
            let json = try? JSON(parsing: message.payload).object(), let label = json["activity"]?.stringValue,
            let start = json["start"]?.doubleValue, let score = json["score"]?.doubleValue
        else { return nil }
        return Playback.Answer(
            sensor: sensor, start: Int(start.rounded()), label: label, score: score,
            workers: json["workers"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}
