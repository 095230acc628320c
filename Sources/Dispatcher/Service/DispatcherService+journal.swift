import Codecs
import Fleet
import Logging

/// Durable jobs and the journal: one operation of a job after the other, those of different jobs beside each other.
extension DispatcherService {
    func enqueue(_ work: JournalWork) {
        guard journal != nil else { return }
        if journalQueues[work.id] == nil {
            journalQueues[work.id] = []
            journalWork.continuation.yield(work)
        } else {
            journalQueues[work.id]?.append(work)
        }
    }

    func perform(_ work: JournalWork) async {
        if let journal, let event = await event(of: work, journal) { handle(event) }
        guard let next = journalQueues[work.id]?.first else {
            journalQueues[work.id] = nil
            return
        }
        journalQueues[work.id]?.removeFirst()
        journalWork.continuation.yield(next)
    }

    private func event(of work: JournalWork, _ journal: any JobJournal) async -> DispatcherEvent? {
        let id = work.id
        do throws(JournalError) {
            switch work.operation {
            case .store(let job, let request):
                try await journal.store(job, request: request)
                return .stored(id, nil)
            case .setWaiters(let waiters): try await journal.setWaiters(waiters, of: id)
            case .load: return prepare(id, try await journal.request(of: id))
            case .end(let answer, let until):
                try await journal.end(id, answer: answer, keepUntil: until)
                return .answerStored(id, isKept: true)
            case .deliver(let waiters): deliver(try await journal.answer(of: id), id, to: waiters)
            case .forget: try await journal.forget(id)
            }
        } catch {
            return failed(work, error)
        }
        return nil
    }

    private func failed(_ work: JournalWork, _ error: JournalError) -> DispatcherEvent? {
        let id = work.id
        logger.error("the journal failed", metadata: ["job": "\(id)", "reason": "\(error)"])
        let failure = JobError(
            .journal, "the dispatcher's journal: \(error.message)",
            retryAfter: error.code == .full ? .seconds(5) : nil)
        switch work.operation {
        case .store: return .stored(id, failure)
        case .load: return .unfit(id, failure)
        case .end: return .answerStored(id, isKept: false)
        case .deliver(let waiters):
            for waiter in waiters { refuse(waiter, job: id.text, failure) }
        // A client that is not written down asks again; an answer that is not dropped expires.
        case .setWaiters, .forget: break
        }
        return nil
    }

    private func prepare(_ id: JobID, _ payload: [UInt8]) -> DispatcherEvent {
        do throws(JobError) {
            return prepare(try JobRequest(decoding: payload))
        } catch {
            return .unfit(id, error)
        }
    }

    func store(_ ticket: JobTicket, _ waiters: [JobWaiter]) {
        guard let job = jobs[ticket.id] else { return }
        let journaled = JournaledJob(
            id: ticket.id, digest: ticket.digest, requestBytes: ticket.bytes, priority: ticket.priority,
            deadline: wallTime(ticket.deadline), waiters: waiters.compactMap(JournaledWaiter.init))
        enqueue(JournalWork(ticket.id, .store(journaled, request: job.request.tensors.bytes)))
    }

    func storeAnswer(_ id: JobID, keepUntil: Instant) {
        guard let answer = answers[id] else { return }
        enqueue(JournalWork(id, .end(answer: answer, keepUntil: wallTime(keepUntil))))
    }
}
