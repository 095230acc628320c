import DequeModule
import Fleet

extension TriggerPipeline {
    /// Lets a window wait: in the place of an older one of its sensor if that waits still, so that who sends much waits no
    /// longer than others; texts are inputs of their own and replace nothing.
    mutating func enqueue(_ ready: ReadyWindow, of trigger: Int, _ now: Instant) {
        let entry = WindowTable.Entry(
            trigger: trigger, origin: ready.origin, input: ready.input,
            deadline: now.advanced(by: states[trigger].trigger.deadline))
        let id: WindowID
        if states[trigger].trigger.window != nil, let older = states[trigger].sensors[ready.slot].waiting,
            windows[older]?.state == .waiting
        {
            states[trigger].counters.replaced += 1
            windows.replace(older, with: entry)
            id = older
        } else {
            while windows.waiting >= settings.maximumWaiting, dropOldest() {}
            id = windows.append(entry)
        }
        states[trigger].sensors[ready.slot].waiting = id
        guard states[trigger].trigger.afterDeadline != .publishLate else { return }
        states[trigger].deadlines.append(TriggerState.Deadline(due: entry.deadline, id: id))
        // Most windows are answered long before: their deadlines are dropped when they are most of all.
        if states[trigger].deadlines.count > 2 * windows.count + 64 {
            states[trigger].deadlines.removeAll { windows[$0.id]?.deadline != $0.due }
        }
    }

    private mutating func dropOldest() -> Bool {
        guard let id = windows.firstWaiting(), let entry = windows.remove(id) else { return false }
        states[entry.trigger].counters.overflowed += 1
        return true
    }

    /// Hands windows out, oldest first, so long as the fleet takes them.
    mutating func handOut(_ now: Instant) {
        while windows.inFlight < capacity, let id = windows.firstWaiting(), let entry = windows[id] {
            let trigger = states[entry.trigger].trigger
            if trigger.afterDeadline != .publishLate, entry.deadline <= now {
                passDeadline(id, now)
                continue
            }
            guard let input = windows.start(id) else { return }
            actions.append(.infer(WindowJob(id: id, trigger: trigger, entry: entry, input: input)))
        }
    }
}

extension WindowJob {
    fileprivate init(id: WindowID, trigger: Trigger, entry: WindowTable.Entry, input: Input) {
        self.init(
            id: id, trigger: trigger.name, model: trigger.model, sensor: entry.origin.sensor, input: input,
            isNormalisedByModel: trigger.window?.normalisation == .model, ready: entry.origin.ready,
            deadline: trigger.afterDeadline == .publishLate ? nil : entry.deadline, start: entry.origin.start,
            end: entry.origin.end)
    }
}
