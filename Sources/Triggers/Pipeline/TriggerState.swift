import DequeModule
import Fleet

/// One trigger at work: its sensors, and what it counts.
struct TriggerState: Sendable {
    /// A window's deadline.
    struct Deadline {
        let due: Instant
        let id: WindowID
    }

    /// Longer names of sensors would make their bound one on nothing.
    static let maximumSensorBytes = 512

    let trigger: Trigger
    private let decoder: PayloadDecoder
    /// The position among the wildcards of the one that names the channel.
    private let channelWildcard: Int?
    var sensors: SensorTable
    var counters = TriggerCounters()
    /// In the order of the deadlines, since all windows have equally long. Some may be of windows that are gone.
    var deadlines = Deque<Deadline>()
    /// Of the message at hand.
    private var values: [Float] = []

    init(_ trigger: Trigger) {
        self.trigger = trigger
        decoder = PayloadDecoder(
            format: trigger.payload, valueCount: trigger.payload.channel == nil ? trigger.window?.channels ?? 0 : 1)
        channelWildcard =
            if case .wildcard(let number) = trigger.payload.channel?.place { number - 1 } else { nil }
        sensors = SensorTable(limit: trigger.maximumSensors)
    }

    /// Messages that wait for their reading's other channels.
    var pending: Int { sensors.all.reduce(0) { $0 + $1.assembly.count } }

    /// Readings that wait for their window to fill.
    var bufferedReadings: Int { sensors.all.reduce(0) { $0 + $1.readings.count } }

    /// Takes a message in.
    /// - Returns: the window that it completes, if it does.
    mutating func receive(
        _ message: Message, levels: [Substring], arrival: SensorTime, at now: Instant
    ) -> ReadyWindow? {
        counters.received += 1
        guard !message.retain else {
            counters.drop(.retained)
            return nil
        }
        do throws(ReadingDefect) {
            guard let window = trigger.window else { return try receiveText(message, levels, arrival, now) }
            return try receiveReading(message, levels, window, arrival, now)
        } catch {
            counters.drop(error.dropped)
            return nil
        }
    }

    /// Forgets the next sensor of which nothing was heard for longer than it may be.
    mutating func forgetNext(at now: Instant) -> Sensor? {
        guard let oldest = sensors.oldestTaken, oldest.advanced(by: trigger.maximumAge) <= now,
            let sensor = sensors.removeOldest()
        else { return nil }
        counters.forgotten += 1
        counters.drop(.incomplete, messages: sensor.assembly.count)
        return sensor
    }

    private mutating func receiveText(
        _ message: Message, _ levels: [Substring], _ arrival: SensorTime, _ now: Instant
    ) throws(ReadingDefect) -> ReadyWindow? {
        let (text, ownTime) = try decoder.text(message.payload)
        guard let slot = slot(message.topic, trigger.topic.captures(levels), now) else { return nil }
        counters.used += 1
        sensors.touch(slot, at: now)
        let time = ownTime ?? arrival
        return ready(slot, .text(text), start: time, end: time, now)
    }

    private mutating func receiveReading(
        _ message: Message, _ levels: [Substring], _ window: WindowSettings, _ arrival: SensorTime, _ now: Instant
    ) throws(ReadingDefect) -> ReadyWindow? {
        let reading = try decoder.reading(message.payload, into: &values)
        var captures = trigger.topic.captures(levels)
        let channel =
            if let channelWildcard {
                try decoder.channel(named: captures.remove(at: channelWildcard))
            } else {
                reading.channel
            }
        guard let slot = slot(message.topic, captures, now) else { return nil }
        guard let channel else { return insert(messages: 1, slot, reading.time, window, arrival, now) }
        let outcome = sensors[slot].assembly.add(values[0], channel: channel, of: window.channels, at: reading.time)
        counters.drop(.incomplete, messages: outcome.givenUp)
        if outcome.isDuplicate { counters.drop(.duplicate) }
        guard let complete = outcome.complete else { return nil }
        values = complete
        return insert(messages: window.channels, slot, reading.time, window, arrival, now)
    }

    /// Puts the values at hand among the sensor's readings.
    /// - Parameter messages: that the reading came in.
    private mutating func insert(
        messages: Int, _ slot: SensorTable.Slot, _ time: SensorTime?, _ window: WindowSettings,
        _ arrival: SensorTime, _ now: Instant
    ) -> ReadyWindow? {
        let time = time ?? sensors[slot].readings.distinct(arrival)
        switch sensors[slot].readings.insert(values, at: time, window) {
        case .taken: break
        case .takenAfterGap: counters.gaps += 1
        case .duplicate:
            counters.drop(.duplicate, messages: messages)
            return nil
        case .late:
            counters.drop(.late, messages: messages)
            return nil
        }
        counters.used += messages
        sensors.touch(slot, at: now)
        guard sensors[slot].readings.isFull(window) else { return nil }
        var (values, start, end) = sensors[slot].readings.takeWindow(window)
        window.normalisation.apply(to: &values, length: window.length)
        let input = WindowJob.Input.tensor(values: values, channels: window.channels, length: window.length)
        return ready(slot, input, start: start, end: end, now)
    }

    /// The sensor's slot, in which it is put if it is new; nil if it is refused.
    private mutating func slot(_ topic: String, _ captures: [Substring], _ now: Instant) -> SensorTable.Slot? {
        let id = captures.count == 1 ? String(captures[0]) : sensorID(captures)
        if let slot = sensors.slot(of: id) { return slot }
        guard id.utf8.count <= Self.maximumSensorBytes,
            let slot = sensors.add(Sensor(id: id, topic: topic, at: now))
        else {
            counters.drop(.refused)
            return nil
        }
        return slot
    }

    private func sensorID(_ captures: [Substring]) -> String {
        captures.isEmpty ? trigger.topic.text : captures.joined(separator: "/")
    }

    private mutating func ready(
        _ slot: SensorTable.Slot, _ input: WindowJob.Input, start: SensorTime, end: SensorTime, _ now: Instant
    ) -> ReadyWindow {
        counters.ready += 1
        let origin = WindowOrigin(
            sensor: sensors[slot].id, topic: sensors[slot].topic, start: start, end: end, ready: now)
        return ReadyWindow(slot: slot, origin: origin, input: input)
    }
}

extension ReadingDefect {
    fileprivate var dropped: DroppedReading {
        switch self {
        case .malformed: .malformed
        case .wrongChannels: .wrongChannels
        case .notFinite: .notFinite
        }
    }
}
