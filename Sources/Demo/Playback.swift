/// Sensors that replay recordings, each the next one when its last has been answered, and the book of what came back.
///
/// Pure: the shell publishes what `begin` says, and tells what came and when. Every round is answered once, or it is lost; a second
/// answer is told from the first.
public struct Playback: Sendable {
    /// One recording at one sensor.
    public struct Round: Sendable, Equatable {
        public let sensor: Int
        /// From 0 at each sensor.
        public let number: Int
        public let recording: Int

        /// When the recording begins by the sensor's clock, in seconds since 1970: tells the rounds apart.
        public var start: Int { Self.firstStart + Self.apart * number }

        private static let firstStart = 1_000_000_000
        private static let apart = 1000

        /// The round that begins then; nil if none does.
        static func number(start: Int) -> Int? {
            let (number, rest) = (start - firstStart).quotientAndRemainder(dividingBy: apart)
            return start >= firstStart && rest == 0 ? number : nil
        }
    }

    /// What came for a round.
    public struct Answer: Sendable, Equatable {
        public let sensor: Int
        /// In seconds since 1970.
        public let start: Int
        public let label: String
        public let score: Double
        public let workers: [String]

        public init(sensor: Int, start: Int, label: String, score: Double, workers: [String]) {
            self.sensor = sensor
            self.start = start
            self.label = label
            self.score = score
            self.workers = workers
        }
    }

    public enum Verdict: Sendable, Equatable {
        /// The first answer of the round that is under way.
        case answered
        /// Of a round that was answered before.
        case doubled
        /// Of no round that ever began.
        case unknown
    }

    /// A sensor as it is shown.
    public struct Sensor: Sendable {
        /// Nil before its first answer.
        public fileprivate(set) var last: Answer?
        public fileprivate(set) var wasRight = false
        public fileprivate(set) var latency = Duration.zero
        fileprivate var rounds = 0
        fileprivate var open: (round: Round, since: Duration)?
    }

    /// What happened between two changes of the fleet.
    public struct Phase: Sendable {
        public let name: String
        public let workers: Int
        public let begin: Duration
        public fileprivate(set) var end: Duration?
        public fileprivate(set) var latencies: [Duration] = []
        public fileprivate(set) var windows: [String: Int] = [:]

        public func length(at now: Duration) -> Duration { (end ?? now) - begin }

        /// Windows answered a second.
        public func rate(at now: Duration) -> Double {
            Double(latencies.count) / max(length(at: now) / .seconds(1), 1e-3)
        }

        /// Windows that a worker computed a second.
        public func rate(of worker: String, at now: Duration) -> Double {
            Double(windows[worker] ?? 0) / max(length(at: now) / .seconds(1), 1e-3)
        }

        /// The latency that the given share of windows did not exceed; nil if there were none.
        public func latency(quantile: Double) -> Duration? {
            let sorted = latencies.sorted()
            guard !sorted.isEmpty else { return nil }
            return sorted[min(Int(Double(sorted.count) * quantile), sorted.count - 1)]
        }
    }

    private let recordings: Int
    private let labels: [String]
    private let truth: [Int]
    public private(set) var sensors: [Sensor]
    public private(set) var phases: [Phase] = []
    public private(set) var doubled = 0
    public private(set) var unknown = 0
    /// By recording: how often it was shown, and how often told rightly.
    public private(set) var shown: [Int]
    public private(set) var right: [Int]
    /// By true label, what was said of it how often.
    public private(set) var confusion: [[String: Int]]
    /// Of all answers.
    public private(set) var workers: Set<String> = []

    public init(sensors: Int, _ recordings: Recordings) {
        self.init(sensors: sensors, labels: recordings.labels, truth: recordings.truth)
    }

    init(sensors: Int, labels: [String], truth: [Int]) {
        (self.labels, self.truth, recordings) = (labels, truth, truth.count)
        self.sensors = Array(repeating: Sensor(), count: sensors)
        shown = Array(repeating: 0, count: truth.count)
        right = shown
        confusion = Array(repeating: [:], count: labels.count)
    }

    /// Windows answered.
    public var answered: Int { shown.reduce(0, +) }
    /// Windows that wait for their answer: once nothing more comes, those that were lost.
    public var open: Int { sensors.count { $0.open != nil } }

    /// Begins a sensor's next round. Sensors begin apart and go through all recordings.
    public mutating func begin(_ sensor: Int) -> Round {
        let number = sensors[sensor].rounds
        sensors[sensor].rounds += 1
        let round = Round(
            sensor: sensor, number: number, recording: (sensor + number * sensors.count) % recordings)
        return round
    }

    /// The last reading of a round was published.
    public mutating func completed(_ round: Round, at now: Duration) { sensors[round.sensor].open = (round, now) }

    public mutating func received(_ answer: Answer, at now: Duration) -> Verdict {
        guard sensors.indices.contains(answer.sensor) else {
            unknown += 1
            return .unknown
        }
        let sensor = sensors[answer.sensor]
        guard let open = sensor.open, open.round.start == answer.start else {
            let isPast = Round.number(start: answer.start).map { $0 < sensor.rounds } ?? false
            if isPast { doubled += 1 } else { unknown += 1 }
            return isPast ? .doubled : .unknown
        }
        let truth = truth[open.round.recording]
        let isRight = answer.label == labels[truth]
        shown[open.round.recording] += 1
        right[open.round.recording] += isRight ? 1 : 0
        confusion[truth][answer.label, default: 0] += 1
        sensors[answer.sensor].open = nil
        sensors[answer.sensor].last = answer
        sensors[answer.sensor].wasRight = isRight
        sensors[answer.sensor].latency = now - open.since
        workers.formUnion(answer.workers)
        if !phases.isEmpty, phases[phases.count - 1].end == nil {
            phases[phases.count - 1].latencies.append(now - open.since)
            for worker in answer.workers { phases[phases.count - 1].windows[worker, default: 0] += 1 }
        }
        return .answered
    }

    /// From now on what comes counts for a new phase.
    public mutating func begin(phase name: String, workers: Int, at now: Duration) {
        endPhase(at: now)
        phases.append(Phase(name: name, workers: workers, begin: now))
    }

    /// What comes from now on counts for no phase, such as while workers start.
    public mutating func endPhase(at now: Duration) {
        guard !phases.isEmpty, phases[phases.count - 1].end == nil else { return }
        phases[phases.count - 1].end = now
    }

    /// Told rightly, of all windows.
    public var accuracy: Double { answered == 0 ? 0 : Double(right.reduce(0, +)) / Double(answered) }

    /// Recordings that were shown at least once, and of those the ones that were always told rightly.
    public var recordingsShown: Int { shown.count { $0 > 0 } }
    public var recordingsRight: Int { zip(shown, right).count { $0 > 0 && $0 == $1 } }
}
