import Fleet
import Logging
import Triggers

/// Events in: from the transport and the clock.
extension DispatcherService {
    func receive() async {
        for await event in transport.events {
            switch event {
            case .connected:
                announce()
                startEchoes()
                handle(.fleet(.connectionRestored))
            case .disconnected(let reason):
                logger.warning("no connection to the broker, trying again", metadata: ["reason": "\(reason)"])
                handle(.fleet(.connectionLost))
            case .message(let message): received(message)
            }
        }
        // The transport is closed: nothing more can come or go.
        drained.continuation.yield()
    }

    private func received(_ message: Message) {
        do {
            let topic = topics.parse(message.topic)
            guard topic?.worker != LocalWorker.id else {
                logger.warning("worker refused", metadata: ["reason": "the name 'here' is the dispatcher's own"])
                return
            }
            switch topic {
            case .job: received(job: message)
            case .jobControl: try received(control: message)
            case .result(let worker, options.id): received(result: try ResultMessage(decoding: message.payload), worker)
            case .dispatcherEcho(options.id): received(echo: message.payload)
            case .fetch(let worker, options.id): send(try BlobRequest(decoding: message.payload), to: worker)
            case .workerStatus(let worker):
                let presence = message.payload.isEmpty ? .offline : try Presence(decoding: message.payload)
                handle(.fleet(.workerStatus(worker, online: presence == .online)))
            case .workerInfo(let worker):
                guard !message.payload.isEmpty else { return handle(.fleet(.workerStatus(worker, online: false))) }
                let info = try WorkerInfo(decoding: message.payload)
                let birth = WorkerBirth(
                    incarnation: info.incarnation, slots: info.slots, prefetch: info.prefetch,
                    isDraining: info.isDraining, leases: info.leases)
                meter.born(worker, memory: info.memory, contextBytes: Int(clamping: info.contextBytes))
                contexts.born(worker, info.incarnation, budget: Int(clamping: info.contextBytes))
                handle(.fleet(.workerInfo(worker, birth, live: !message.retain)))
                announceAtHome(worker, info)
            case .workerStats(let worker):
                let stats = try WorkerStats(decoding: message.payload)
                meter.told(worker, stats.speeds)
                handle(.fleet(.heartbeat(worker, stats.incarnation, leases: stats.leases)))
            case nil: if !isRetainedAtHome(message) { handle(TriggerEvent.received(message)) }
            default: break
            }
        } catch {
            logger.warning("message refused", metadata: ["topic": "\(message.topic)", "reason": "\(error)"])
        }
    }

    func handle(_ event: DispatcherEvent, output: ReceivedOutput? = nil) {
        var events = [event]
        // What an action asks for at once is the next event; nothing else comes in between.
        while let event = events.popLast() {
            for action in core.handle(event, at: now) {
                if let reply = perform(action, output) { events.append(reply) }
            }
        }
        setTimer()
        updateTriggerCapacity()
    }

    private func setTimer() {
        timer.set(core.nextTimer.map { start.advanced(by: Instant.origin.duration(to: $0)) }) {
            await self.timerFired()
        }
    }

    private func timerFired() {
        timer.woke()
        handle(DispatcherEvent.tick)
    }
}
