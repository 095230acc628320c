/// Readings of one sensor whose channels come in messages of their own, until each channel is there.
///
/// Messages with the same time are of one reading, and so many readings may be under way at a time as `limit`; above it the
/// one with the earliest time is given up. Where messages have no time there is one under way, and a channel that comes a
/// second time gives it up and begins the next.
struct ReadingAssembly: Sendable {
    /// Readings under way at a time: how far messages may overtake each other.
    static let limit = 4

    private struct Reading {
        let time: Int64?
        var values: [Float]
        var isPresent: [Bool]
        var count = 0
    }

    struct Outcome: Equatable {
        /// The reading that is complete now.
        var complete: [Float]?
        /// Messages of readings given up.
        var givenUp = 0
        /// Its channel is there already with that time: it is not taken.
        var isDuplicate = false
    }

    private var readings: [Reading] = []

    /// Messages held.
    var count: Int { readings.reduce(0) { $0 + $1.count } }

    mutating func add(_ value: Float, channel: Int, of channels: Int, at time: SensorTime?) -> Outcome {
        var outcome = Outcome()
        let time = time?.nanoseconds
        if let position = readings.firstIndex(where: { $0.time == time }), readings[position].isPresent[channel] {
            guard time == nil else { return Outcome(isDuplicate: true) }
            outcome.givenUp = readings.remove(at: position).count
        }
        let position = self.position(at: time, of: channels, &outcome)
        readings[position].values[channel] = value
        readings[position].isPresent[channel] = true
        readings[position].count += 1
        if readings[position].count == channels { outcome.complete = readings.remove(at: position).values }
        return outcome
    }

    /// Where the reading of that time is, which is begun if need be.
    private mutating func position(at time: Int64?, of channels: Int, _ outcome: inout Outcome) -> Int {
        if let position = readings.firstIndex(where: { $0.time == time }) { return position }
        if readings.count == Self.limit {
            let oldest = readings.indices.min { (readings[$0].time ?? 0) < (readings[$1].time ?? 0) }
            outcome.givenUp += readings.remove(at: oldest ?? 0).count
        }
        readings.append(
            Reading(
                time: time, values: Array(repeating: 0, count: channels),
                isPresent: Array(repeating: false, count: channels)))
        return readings.count - 1
    }
}
