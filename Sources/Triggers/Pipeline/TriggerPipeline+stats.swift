public import Codecs
public import Fleet

extension TriggerPipeline {
    /// In the order in which they were given.
    public var triggerNames: [PeerID] { states.map(\.trigger.name) }

    /// What a trigger has counted; nil for one that is not here.
    public func counters(of trigger: PeerID) -> TriggerCounters? {
        states.first { $0.trigger.name == trigger }?.counters
    }

    /// Sensors remembered, of all triggers.
    public var sensorCount: Int { states.reduce(0) { $0 + $1.sensors.count } }

    /// Readings held until their windows are full, of all triggers.
    public var bufferedReadings: Int { states.reduce(0) { $0 + $1.bufferedReadings } }

    /// For the dispatcher's stats topic: sizes now, and what happened since the start. Looks at every sensor.
    public var stats: JSON {
        let triggers = states.map { state -> (String, JSON) in
            var json = state.counters.json
            json["sensors"] = JSON(state.sensors.count)
            json["pending"] = JSON(state.pending)
            json["buffered_readings"] = JSON(state.bufferedReadings)
            return (state.trigger.name.text, .object(json))
        }
        return [
            "sensors": JSON(sensorCount), "waiting": JSON(windows.waiting), "in_flight": JSON(windows.inFlight),
            "unmatched": JSON(unmatched), "triggers": .object(JSON.Object(triggers)),
        ]
    }

    /// What must always hold; a sentence for each that does not. For tests.
    package var brokenInvariants: [String] {
        var broken: [String] = []
        for (number, state) in states.enumerated() {
            let (name, counters) = (state.trigger.name, state.counters)
            if counters.received != counters.used + counters.droppedInAll + state.pending {
                broken.append("\(name): received is not used, dropped and pending: \(counters)")
            }
            let held = windows.wanted(of: number)
            if counters.ready != counters.ended + held {
                broken.append("\(name): \(held) windows held; ready is not held and ended: \(counters)")
            }
            if state.sensors.count > state.trigger.maximumSensors { broken.append("\(name): too many sensors") }
            let length = state.trigger.window?.length ?? 1
            if state.sensors.all.contains(where: { $0.readings.count >= length }) {
                broken.append("\(name): a full window was not taken")
            }
        }
        if windows.waiting > settings.maximumWaiting { broken.append("\(windows.waiting) windows wait") }
        return broken + windows.brokenInvariants
    }
}

extension WindowTable {
    /// Waiting or in flight, and still wanted.
    fileprivate func wanted(of trigger: Int) -> Int {
        all.count { $0.trigger == trigger && $0.state != .abandoned }
    }

    fileprivate var brokenInvariants: [String] {
        let (waits, flies) = (all.count { $0.state == .waiting }, all.count { $0.state != .waiting })
        guard waits == waiting, flies == inFlight else {
            return ["\(waits) windows wait and \(flies) are in flight, not \(waiting) and \(inFlight)"]
        }
        return []
    }
}
