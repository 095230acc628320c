import Dispatcher
import Fleet

/// What reaches the disk and the clients.
extension Auditor {
    mutating func committed(_ operation: JournalOperation) {
        switch operation.kind {
        case .store:
            views[operation.job].storedEnds = 0
            views[operation.job].answer = nil
        case .forget:
            views[operation.job].isStored = false
            if let answer = views[operation.job].answer { views[operation.job].released = answer }
        case .end(let content, _):
            views[operation.job].storedEnds += 1
            if views[operation.job].storedEnds > 1 { violate(.endedTwice, "\(jobs[operation.job].id) on disk") }
            views[operation.job].answer = content
        default: break
        }
    }

    mutating func answered(_ job: Int, _ sums: [UInt64]) {
        if sums != jobs[job].oracle() { violate(.wrongAnswer, "\(jobs[job].id)") }
    }

    mutating func delivered(_ answer: SimulatedAnswer) {
        let job = answer.job
        switch answer.content {
        case .done(let sums): answered(job, sums)
        case .failed, .accepted: break
        }
        if jobs[job].isDurable, let stored = views[job].answer, stored != answer.content,
            views[job].released != answer.content, !isConflict(answer.content)
        {
            violate(.answersDiffer, "\(jobs[job].id): \(answer.content), and \(stored) is stored")
        }
    }

    private func isConflict(_ content: SimulatedAnswer.Content) -> Bool {
        if case .failed(let error) = content { return error.code == .conflict || error.code == .cancelled }
        return false
    }

    mutating func gaveUp(_ job: Int) {
        // A durable job has ten minutes, more than all faults together take.
        if views[job].isStored { violate(.lostJob, "the client of \(jobs[job].id) has waited in vain") }
    }
}
