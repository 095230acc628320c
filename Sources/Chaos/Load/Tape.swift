import Fleet
import Synchronization

/// The last messages of a fleet.
final class Tape: Sendable {
    private struct State {
        var messages: [Message] = []
        var next = 0
    }

    private static let length = 512
    private let state = Mutex(State())

    func record(_ message: Message) {
        state.withLock { state in
            if state.messages.count < Self.length {
                state.messages.append(message)
            } else {
                state.messages[state.next % Self.length] = message
            }
            state.next += 1
        }
    }

    func random(_ random: inout SeededGenerator) -> Message? {
        state.withLock { $0.messages.randomElement(using: &random) }
    }
}
