import Fleet
import Testing

@testable import Dispatcher

@Suite("Whom a job is planned for") struct LoadTests {
    private func scheduler(workers: Int) -> Scheduler {
        var scheduler = Scheduler(epoch: 1, seed: 1)
        for number in 0..<workers {
            let id = PeerID("w\(number)")!
            let birth = WorkerBirth(incarnation: Incarnation(1), slots: 2)
            _ = scheduler.handle(.workerInfo(id, birth, live: true), at: .origin)
            _ = scheduler.handle(.workerStatus(id, online: true), at: .origin)
        }
        return scheduler
    }

    private func submit(_ name: String, shards: Int, _ scheduler: inout Scheduler) {
        let job = JobSubmission(
            id: JobID(name)!, shards: shards, leaseDuration: .seconds(10), deadline: Instant(nanoseconds: .max))
        _ = scheduler.handle(.jobSubmitted(job), at: .origin)
    }

    @Test("All of a fleet, or as many of a larger one, each once, and others for the next job")
    func some() {
        var scheduler = scheduler(workers: 100)
        #expect(Set(scheduler.loads(most: 100).map(\.id)).count == 100)
        let first = scheduler.loads(most: 10).map(\.id)
        #expect(Set(first).count == 10)
        #expect(scheduler.loads(most: 10).map(\.id) == first, "the same while nothing happens")
        submit("j", shards: 1, &scheduler)
        #expect(scheduler.loads(most: 10).map(\.id) != first)
    }

    @Test("Idle ones first, then those with work; and always those that take reserved shards only")
    func idle() {
        var scheduler = scheduler(workers: 20)
        let here = PeerID("here")!
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: 1, takesReservedOnly: true)
        _ = scheduler.handle(.workerInfo(here, birth, live: true), at: .origin)
        _ = scheduler.handle(.workerStatus(here, online: true), at: .origin)
        submit("j", shards: 12, &scheduler)
        let loads = scheduler.loads(most: 12)
        #expect(loads.count == 12 && loads.contains { $0.id == here })
        #expect(loads.count { $0.outstanding.isEmpty } == 9, "here and the eight that are idle")
    }

    @Test("The slots that are counted are those of the live, whatever happens to them")
    func slots() {
        var scheduler = scheduler(workers: 3)
        #expect(scheduler.liveSlots == 6)
        let id = PeerID("w1")!
        let more = WorkerBirth(incarnation: Incarnation(1), slots: 5)
        _ = scheduler.handle(.workerInfo(id, more, live: true), at: .origin)
        #expect(scheduler.liveSlots == 9)
        _ = scheduler.handle(.workerStatus(id, online: false), at: .origin)
        #expect(scheduler.liveSlots == 4)
        _ = scheduler.handle(.connectionLost, at: .origin)
        #expect(scheduler.liveSlots == 0)
    }
}
