import Codecs
import Demo
import Fleet
import Foundation
import LocalFleet
import Mosquitto

/// Publishes what many sensors read, and counts what comes back.
actor SensorBench {
    private let fleet: LocalFleet
    private let transport: MosquittoTransport
    private let demands: PowerDemands
    private let sensors: Int
    private let rate: Int
    private let seconds: Double
    private let clock = ContinuousClock()

    private var sent = 0
    /// Of each sensor.
    private var readings: [Int]
    private var latencies: [Double] = []
    private var results = 0
    /// The dispatcher's last word.
    private var stats: JSON.Object?
    private var statsHeard = 0

    init(
        fleet: LocalFleet, transport: MosquittoTransport, demands: PowerDemands, sensors: Int, rate: Int,
        seconds: Double
    ) {
        (self.fleet, self.transport, self.demands) = (fleet, transport, demands)
        (self.sensors, self.rate, self.seconds) = (sensors, rate, seconds)
        readings = Array(repeating: 0, count: sensors)
    }

    func run() async throws -> SensorOutcome {
        try await transport.subscribe([
            Subscription("bench/season/+", qos: .atLeastOnce), Subscription("attn/v1/+/dispatcher/+/stats"),
        ])
        let receiving = Task { await self.receive() }
        defer { receiving.cancel() }
        // Sensor n begins with n % 24 readings more than the first.
        try await publish(rounds: PowerDemands.length) { sensor, round in round < sensor % PowerDemands.length }
        try await settle()
        let (begin, before) = (clock.now, try await use())
        (sent, results, latencies) = (0, 0, [])
        let dispatcherBefore = try await counted()
        let rounds = max(Int((seconds * Double(rate) / Double(sensors)).rounded()), 1)
        try await publish(rounds: rounds) { _, _ in true }
        let elapsed = begin.duration(to: clock.now).inSeconds
        let (after, sentInAll) = (try await use(), sent)
        try await settle()
        return SensorOutcome(
            sensors: sensors, rate: rate, seconds: elapsed, sent: sentInAll, results: results, latencies: latencies,
            before: dispatcherBefore, after: try await counted(),
            use: after.map { (name, use) in
                (name, (use.seconds - (before[name]?.seconds ?? 0)) / elapsed, use.residentBytes)
            }.sorted { $0.name < $1.name })
    }

    /// A reading of each sensor a round, at an even pace.
    private func publish(rounds: Int, where isDue: (_ sensor: Int, _ round: Int) -> Bool) async throws {
        let start = clock.now
        var planned = 0
        for round in 0..<rounds {
            for sensor in 0..<sensors where isDue(sensor, round) {
                if planned.isMultiple(of: max(rate / 200, 1)) {
                    let due = start.advanced(by: .seconds(Double(planned) / Double(rate)))
                    if due > clock.now { try await clock.sleep(until: due) }
                }
                planned += 1
                let payload = demands.reading(sensor: sensor, number: readings[sensor])
                readings[sensor] += 1
                try await transport.publish(Message(topic: "bench/power/\(sensor)", payload: payload))
                sent += 1
            }
        }
    }

    /// Waits until the dispatcher has told twice, five seconds apart, that nothing more comes.
    private func settle() async throws {
        let end = clock.now.advanced(by: .seconds(120))
        var last = -1
        while clock.now < end {
            let heard = statsHeard
            while statsHeard < heard + 1, clock.now < end { try await clock.sleep(for: .milliseconds(50)) }
            let received = try await counted().received
            if received == last, try await counted().open == 0 { return }
            last = received
        }
    }

    private func counted() async throws -> SensorCount { SensorCount(stats) }

    private func use() async throws -> [String: ProcessUse] {
        var uses: [String: ProcessUse] = [:]
        for (name, process) in await fleet.processes { uses[name] = ProcessUse(of: process) }
        uses["sensors"] = ProcessUse(of: getpid())
        return uses
    }

    private func receive() async {
        for await case .message(let message) in transport.events {
            // What is no result is not counted as one: the count tells.
            guard let json = try? JSON(parsing: message.payload).object() else { continue }
            if message.topic.hasPrefix("bench/season/") {
                results += 1
                if let latency = json["latency_ms"]?.doubleValue { latencies.append(latency / 1e3) }
            } else {
                stats = json
                statsHeard += 1
            }
        }
    }
}

/// What a dispatcher counted of the bench's trigger.
struct SensorCount: Sendable {
    let received: Int
    let used: Int
    let published: Int
    let ready: Int
    /// Windows that wait or are in flight.
    let open: Int
    /// Readings dropped, and windows replaced, expired and so on.
    let lost: Int

    init(_ stats: JSON.Object?) {
        let triggers = stats?["triggers"]?.objectValue
        let own = triggers?["triggers"]?.objectValue?["bench-power"]?.objectValue
        let windows = own?["windows"]?.objectValue
        func count(_ object: JSON.Object?, _ key: String) -> Int { object?[key]?.intValue ?? 0 }
        received = count(own, "received")
        used = count(own, "used")
        ready = count(windows, "ready")
        published = count(windows, "published") + count(windows, "published_late")
        open = count(triggers, "waiting") + count(triggers, "in_flight")
        let dropped = own?["dropped"]?.objectValue
        let readings = (dropped?.keys ?? []).reduce(0) { $0 + count(dropped, $1) }
        let ways = ["replaced", "overflowed", "expired", "failed", "unpublishable"]
        lost = ways.reduce(readings) { $0 + count(windows, $1) }
    }
}
