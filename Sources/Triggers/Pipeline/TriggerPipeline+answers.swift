import DequeModule
import Fleet

extension TriggerPipeline {
    mutating func answered(_ id: WindowID, _ answer: InferenceAnswer, _ now: Instant) {
        guard let entry = finished(id, now) else { return }
        let isLate = entry.deadline <= now
        guard publish(entry, isLate ? .late : .done, answer, now) else { return }
        if isLate {
            states[entry.trigger].counters.publishedLate += 1
        } else {
            states[entry.trigger].counters.published += 1
        }
    }

    mutating func failed(_ id: WindowID, _ now: Instant) {
        guard let entry = finished(id, now) else { return }
        states[entry.trigger].counters.failed += 1
    }

    /// Takes a window back from the fleet.
    /// - Returns: nil if its answer is not wanted: it is past its deadline, or was never handed out.
    private mutating func finished(_ id: WindowID, _ now: Instant) -> WindowTable.Entry? {
        guard let held = windows[id], held.state != .waiting else { return nil }
        if held.state == .inFlight, held.deadline <= now, states[held.trigger].trigger.afterDeadline != .publishLate {
            passDeadline(id, now)
        }
        guard let entry = windows.remove(id) else { return nil }
        guard entry.state == .inFlight else {
            states[entry.trigger].counters.answersTooLate += 1
            return nil
        }
        return entry
    }

    mutating func passDeadlines(of trigger: Int, _ now: Instant) {
        while let deadline = states[trigger].deadlines.first, deadline.due <= now {
            states[trigger].deadlines.removeFirst()
            // Else it is gone, or a newer window has come into its place, with a deadline of its own.
            if windows[deadline.id]?.deadline == deadline.due { passDeadline(deadline.id, now) }
        }
    }

    /// Ends a window whose deadline has passed, as its trigger says.
    mutating func passDeadline(_ id: WindowID, _ now: Instant) {
        guard let entry = windows[id], entry.state != .abandoned else { return }
        if entry.state == .waiting { _ = windows.remove(id) } else { windows.abandon(id) }
        guard states[entry.trigger].trigger.afterDeadline == .publishPartial else {
            states[entry.trigger].counters.expired += 1
            return
        }
        if publish(entry, .partial, nil, now) { states[entry.trigger].counters.publishedPartial += 1 }
    }

    /// - Returns: whether the result's topic can be published to; if not, that is counted.
    private mutating func publish(
        _ entry: WindowTable.Entry, _ status: ResultContext.Status, _ answer: InferenceAnswer?, _ now: Instant
    ) -> Bool {
        let trigger = states[entry.trigger].trigger
        let context = ResultContext(
            trigger: trigger, origin: entry.origin, status: status, answer: answer,
            latency: entry.origin.ready.duration(to: now))
        let topic = context.topic
        guard (try? TopicName.validate(topic)) != nil else {
            states[entry.trigger].counters.unpublishable += 1
            return false
        }
        announce(entry, resultTopic: topic)
        let message = Message(
            topic: topic, payload: context.payload, qos: trigger.result.qos, retain: trigger.result.retain,
            contentType: "application/json")
        actions.append(.publish(message))
        return true
    }

    /// Tells Home Assistant of a sensor, in front of its first result.
    private mutating func announce(_ entry: WindowTable.Entry, resultTopic: String) {
        let trigger = states[entry.trigger].trigger
        guard let home = trigger.homeAssistant,
            let slot = states[entry.trigger].sensors.slot(of: entry.origin.sensor),
            !states[entry.trigger].sensors[slot].isAnnounced
        else { return }
        states[entry.trigger].sensors[slot].isAnnounced = true
        let messages = announcer.announcements(of: entry.origin, trigger, home, resultTopic: resultTopic)
        actions += messages.map(TriggerAction.publish)
    }
}
