import Codecs
import Fleet
import LocalFleet
import Synchronization

/// What came of jobs that were too many.
final class OverloadCounter: Sendable {
    struct State: Sendable {
        var answered = 0
        var wrong = 0
        var refused = 0
        var otherFailures: [String: Int] = [:]
        var refusalTimes: [Duration] = []
        var hints: [Duration] = []
        /// Resident bytes, second by second.
        var dispatcher: [Int] = []
        var broker: [Int] = []
    }

    private let state = Mutex(State())

    var snapshot: State { state.withLock { $0 } }

    func note(_ answer: JobAnswer, isRight: Bool, after time: Duration) {
        state.withLock { state in
            if answer.status == .done {
                state.answered += 1
                if !isRight { state.wrong += 1 }
            } else if answer.errorCode == "busy" {
                state.refused += 1
                state.refusalTimes.append(time)
                if let hint = answer.retryAfter { state.hints.append(hint) }
            } else {
                state.otherFailures[answer.errorCode ?? "unknown", default: 0] += 1
            }
        }
    }

    func note(memory: Int, of name: String) {
        state.withLock { state in
            if name == LocalFleet.dispatcher { state.dispatcher.append(memory) }
            if name == LocalBroker.name { state.broker.append(memory) }
        }
    }
}
