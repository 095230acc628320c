import Dispatcher
import Fleet
import Testing

@testable import Simulation

/// The auditor must be able to fail: the simulated shell is broken on purpose, in one way for each invariant.
@Suite("Each invariant is noticed when it is broken") struct AuditorTests {
    /// Whether some seed breaks the invariant, and the runs are sound without the sabotage.
    private func breaks(
        _ invariant: Violation.Invariant, faults: Set<Fault>, seeds: Range<UInt64> = 1..<13,
        settings change: (inout SimulationSettings) -> Void = { _ in }, by sabotage: Sabotage
    ) -> Bool {
        seeds.contains { seed in
            var settings = SimulationSettings(seed: seed)
            settings.jobs = 20
            settings.duration = .seconds(40)
            settings.faults = faults
            change(&settings)
            #expect(Simulation.run(settings).violations.isEmpty, "seed \(seed) without sabotage")
            return Simulation.run(settings, sabotage: sabotage).violations.contains { $0.invariant == invariant }
        }
    }

    @Test("a job accepted before the journal has it")
    func acceptedBeforeStored() {
        var sabotage = Sabotage()
        sabotage.said = { _, actions in
            actions.flatMap { action -> [DispatcherAction] in
                guard case .store(let ticket, let waiters) = action else { return [action] }
                return [.accepted(ticket.id, waiters[0]), action]
            }
        }
        #expect(breaks(.acceptedBeforeStored, faults: [], by: sabotage))
    }

    @Test("an answer handed over before the journal has it")
    func answeredBeforeStored() {
        var sabotage = Sabotage()
        sabotage.said = { _, actions in
            actions.flatMap { action -> [DispatcherAction] in
                guard case .storeAnswer(let id, _) = action else { return [action] }
                return [.deliver(id, to: []), action]
            }
        }
        #expect(breaks(.answeredBeforeStored, faults: [], by: sabotage))
    }

    @Test("an answer that a new life has forgotten, so that the job ends again")
    func endedTwice() {
        var sabotage = Sabotage()
        sabotage.found = { recovered in
            recovered.map { RecoveredJob(ticket: $0.ticket, waiters: $0.waiters, state: .accepted) }
        }
        // Nobody hears the first answer, so nobody releases it.
        #expect(breaks(.endedTwice, faults: [.dispatcherKill, .cut, .loss, .partition], by: sabotage))
    }

    @Test("a job that a new life has forgotten")
    func lostJob() {
        var sabotage = Sabotage()
        sabotage.found = { Array($0.dropFirst()) }
        #expect(breaks(.lostJob, faults: [.dispatcherKill], by: sabotage))
    }

    @Test("an answer that is never handed over")
    func undelivered() {
        var sabotage = Sabotage()
        sabotage.done = { _, action in if case .deliver = action { [] } else { [action] } }
        #expect(breaks(.lostJob, faults: [], by: sabotage))
    }

    @Test("an answer other than the one in the journal")
    func answersDiffer() {
        var sabotage = Sabotage()
        sabotage.done = { _, action in
            guard case .deliver(let id, let waiters) = action else { return [action] }
            return waiters.map { .refuse(id, $0, JobError(.poison, "made up")) }
        }
        #expect(breaks(.answersDiffer, faults: [], by: sabotage))
    }

    @Test("a partial merged twice by the shell")
    func wrongAnswer() {
        var sabotage = Sabotage()
        sabotage.done = { _, action in if case .keep = action { [action, action] } else { [action] } }
        #expect(breaks(.wrongAnswer, faults: [], by: sabotage))
    }

    @Test("a shard kept twice")
    func mergedTwice() {
        var sabotage = Sabotage()
        sabotage.said = { _, actions in
            actions.flatMap { action in if case .keep = action { [action, action] } else { [action] } }
        }
        #expect(breaks(.mergedTwice, faults: [], by: sabotage))
    }

    @Test("a shard never kept")
    func missing() {
        var sabotage = Sabotage()
        sabotage.said = { _, actions in actions.filter { if case .keep(let key) = $0 { key.shard != 0 } else { true } }
        }
        #expect(breaks(.missing, faults: [], by: sabotage))
    }

    @Test("more leases than credits")
    func credits() {
        var sabotage = Sabotage()
        sabotage.told = { _, event in
            guard case .fleet(.workerInfo(let id, var birth, let isLive)) = event else { return event }
            birth.prefetch += 8
            return .fleet(.workerInfo(id, birth, live: isLive))
        }
        #expect(breaks(.credits, faults: [.slow], settings: { $0.workers = 2 }, by: sabotage))
    }

    @Test("work for a worker that is leaving")
    func unfitWorker() {
        var sabotage = Sabotage()
        sabotage.told = { _, event in
            guard case .fleet(.workerInfo(let id, var birth, let isLive)) = event else { return event }
            birth.isDraining = false
            return .fleet(.workerInfo(id, birth, live: isLive))
        }
        #expect(breaks(.unfitWorker, faults: [.workerDrain, .slow], settings: { $0.workers = 2 }, by: sabotage))
    }

    @Test("a third lease on a shard")
    func leases() {
        var sabotage = Sabotage()
        sabotage.said = { _, actions in
            actions.flatMap { action -> [DispatcherAction] in
                guard case .send(var assignment) = action else { return [action] }
                assignment.lease = LeaseToken(epoch: assignment.lease.epoch, number: .max - assignment.lease.number)
                return [action, .send(assignment)]
            }
        }
        #expect(breaks(.leases, faults: [], by: sabotage))
    }

    @Test("a shard that goes back to the worker that has just failed it")
    func twiceInARow() {
        var sabotage = Sabotage()
        sabotage.said = { world, actions in
            actions.map { action in
                guard case .send(var assignment) = action, let job = world.jobNumbers[assignment.key.job],
                    assignment.key.shard < world.auditor.views[job].lastWorkers.count,
                    let last = world.auditor.views[job].lastWorkers[assignment.key.shard],
                    let incarnation = world.auditor.workers[last]?.incarnation
                else { return action }
                (assignment.worker, assignment.incarnation) = (last, incarnation)
                return .send(assignment)
            }
        }
        #expect(breaks(.twiceInARow, faults: [.loss], by: sabotage))
    }

    @Test("a result that counts under another lease than its own")
    func stale() {
        var sabotage = Sabotage()
        sabotage.told = { world, event in
            guard case .fleet(.taskEnded(var end)) = event else { return event }
            let held = world.auditor.leases.filter { $0.value.worker == end.worker }
            guard let lease = held.keys.max() else { return event }
            end.lease = LeaseToken(epoch: world.auditor.epoch, number: lease)
            return .fleet(.taskEnded(end))
        }
        #expect(breaks(.stale, faults: [.lie], by: sabotage))
    }

    @Test("a core whose clock is behind")
    func deadline() {
        var sabotage = Sabotage()
        sabotage.lag = .seconds(30)
        // So that jobs do not end before their time: no task arrives.
        sabotage.done = { _, action in if case .send = action { [] } else { [action] } }
        #expect(breaks(.deadline, faults: [], by: sabotage))
    }

    @Test("more in memory than admitted")
    func bounds() {
        var sabotage = Sabotage()
        sabotage.told = { _, event in
            guard case .requested(var ticket, let waiter) = event else { return event }
            ticket.bytes = 1
            return .requested(ticket, waiter)
        }
        #expect(
            breaks(
                .bounds, faults: [.slow],
                settings: {
                    $0.admission.bytes = 1500
                    $0.workers = 2
                }, by: sabotage))
    }

    @Test("outputs of ended jobs that are not dropped")
    func leak() {
        var sabotage = Sabotage()
        sabotage.done = { world, action in
            guard case .conclude(let id, .done) = action, let job = world.jobNumbers[id] else { return [action] }
            return world.jobs[job].isDurable ? [action] : []
        }
        #expect(breaks(.leak, faults: [], by: sabotage))
    }
}
