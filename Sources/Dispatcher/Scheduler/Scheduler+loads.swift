import Fleet
import HeapModule

extension Scheduler {
    /// Live workers and what each has yet to do: all, or, of more than `most`, that many; and those that take reserved shards
    /// only.
    ///
    /// Of a large fleet each job is planned for some, others each time: a plan takes as long as there are workers to choose from,
    /// and no job has work for all of them. Idle ones go first.
    func loads(most: Int) -> [WorkerLoad] {
        let count = workers.places
        guard count > most else { return (0..<count).compactMap(load) }
        // Elsewhere with each lease and job, so that neighbours in time are planned for different workers.
        var mixer = SeededGenerator(seed: lastSequence &+ lastLease)
        let first = Int(mixer.next() % UInt64(count))
        var chosen = workers.occupiedByReserved.compactMap(load)
        var busy: [Int] = []
        for offset in 0..<count where chosen.count < most {
            let slot = (first + offset) % count
            guard workers[slot].isAnyones else { continue }
            if workers[slot].leases.isEmpty, workers[slot].reserved.isEmpty {
                if let load = load(slot) { chosen.append(load) }
            } else if busy.count < most {
                busy.append(slot)
            }
        }
        return chosen + busy.prefix(max(most - chosen.count, 0)).compactMap(load)
    }

    private func load(_ slot: Int) -> WorkerLoad? {
        guard workers[slot].isLive else { return nil }
        var outstanding: [ShapeClass] = []
        for number in workers[slot].leases {
            if let job = leases[number]?.job { outstanding.append(jobs[job].submission.shapeClass) }
        }
        if !workers[slot].reserved.isEmpty {
            for entry in workers[slot].reserved.unordered where isReserved(entry, at: slot) {
                outstanding.append(jobs[entry.job].submission.shapeClass)
            }
        }
        return WorkerLoad(id: workers[slot].id, slots: workers[slot].slots, outstanding: outstanding)
    }

    /// When a lease still held was granted.
    func start(of token: LeaseToken) -> Instant? { lease(token)?.start }
}
