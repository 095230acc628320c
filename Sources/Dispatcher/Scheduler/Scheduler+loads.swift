import Fleet
import HeapModule

extension Scheduler {
    /// The live workers, in the order of their names, and what each has yet to do.
    var loads: [WorkerLoad] {
        workers.inOrder.filter { workers[$0].isLive }.map { slot in
            let worker = workers[slot]
            let leased = worker.leases.compactMap { leases[$0].map { jobs[$0.job].submission.shapeClass } }
            let reserved = worker.reserved.unordered.filter { isReserved($0, at: slot) }
                .map { jobs[$0.job].submission.shapeClass }
            return WorkerLoad(id: worker.id, slots: worker.slots, outstanding: leased + reserved)
        }
    }

    /// When a lease still held was granted.
    func start(of token: LeaseToken) -> Instant? { lease(token)?.start }
}
