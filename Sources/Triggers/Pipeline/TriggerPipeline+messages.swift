import Fleet

extension TriggerPipeline {
    mutating func received(_ message: Message, _ now: Instant) {
        let levels = TopicPattern.levels(of: message.topic)
        let triggers = index.matches(levels)
        if triggers.isEmpty { unmatched += 1 }
        let arrival = SensorTime(clamping: settings.wallClockAtOrigin + now.nanoseconds)
        for trigger in triggers {
            // A sensor that comes back is a new one, even if no tick has come between.
            forgetSensors(of: trigger, now)
            if let ready = states[trigger].receive(message, levels: levels, arrival: arrival, at: now) {
                enqueue(ready, of: trigger, now)
            }
        }
    }

    mutating func forgetSensors(of trigger: Int, _ now: Instant) {
        while let sensor = states[trigger].forgetNext(at: now) {
            guard sensor.isAnnounced, let home = states[trigger].trigger.homeAssistant, home.removesForgotten
            else { continue }
            actions += announcer.removals(of: sensor.id, states[trigger].trigger, home).map(TriggerAction.publish)
        }
    }
}
