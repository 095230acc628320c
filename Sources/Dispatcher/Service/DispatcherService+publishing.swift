import Codecs
import Fleet
import Logging
import Models

/// What the publishing loop takes.
enum Outgoing: Sendable {
    case message(Message)
    /// A word that may be lost when there is too much to say.
    case update(Message)
    /// A task, and its lease: given back if it cannot be sent.
    case task(Message, LeaseToken)
    /// An answer: if it does not fit through the broker, its client is told so instead.
    case answer(Message, JobID)
    /// Everything before it is handed over: `run` may end.
    case end

    var message: Message? {
        switch self {
        case .message(let message), .update(let message), .task(let message, _), .answer(let message, _): message
        case .end: nil
        }
    }
}

/// Messages going out.
extension DispatcherService {
    /// Most messages that wait to be published before updates and refusals are left out; their clients ask again.
    private static let mostUpdates = 8192

    /// Has a message published: at once if none waits before it, so that the network thread is the next to run, else by the
    /// publishing loop, which also tells what came of those that cannot be published.
    func enqueue(_ item: Outgoing) {
        if outgoingMessages == 0, let message = item.message, wasBorn, transport.publishAtOnce(message) { return }
        if case .update = item, outgoingMessages >= Self.mostUpdates { return }
        outgoingMessages += 1
        outgoingBytes += item.message?.payload.count ?? 0
        outgoing.continuation.yield(item)
    }

    func announce() {
        guard !options.isEmbedded else { return announceForNow() }
        let info: JSON = [
            "protocol": .string(ProtocolVersion.current), "incarnation": JSON(options.epoch),
            "version": .string(options.version),
            "models": options.models.info,
        ]
        enqueue(
            .message(
                Message(
                    topic: topics.dispatcherInfo(options.id), payload: info.encoded(), qos: .atLeastOnce, retain: true,
                    contentType: "application/json")))
        enqueue(.message(Presence.online.message(topic: topics.dispatcherStatus(options.id))))
        announceAtHome()
    }

    /// Workers that are there tell what they hold and can; who comes later need not know of it.
    private func announceForNow() {
        var word = Presence.online.message(topic: topics.dispatcherStatus(options.id))
        word.retain = false
        enqueue(.message(word))
    }

    func publish(_ item: Outgoing) async {
        // Until it is handed over it waits, and whatever comes after it with it.
        defer {
            outgoingMessages -= 1
            outgoingBytes -= item.message?.payload.count ?? 0
        }
        switch item {
        case .message(let message), .update(let message): await publish(message) { _ in }
        case .task(let message, let lease): await publish(message) { _ in self.handle(.fleet(.sendFailed(lease))) }
        case .answer(let message, let job): await publish(message) { self.answerFailed(message, job, $0) }
        case .end: drained.continuation.yield()
        }
    }

    private func publish(_ message: Message, onError: (TransportError) -> Void) async {
        do throws(TransportError) {
            try await transport.publish(message)
            if !wasBorn, message.topic == topics.dispatcherStatus(options.id) {
                wasBorn = true
                onBirth()
            }
        } catch {
            if error.code != .notConnected {
                logger.warning("publish failed", metadata: ["topic": "\(message.topic)", "reason": "\(error)"])
            }
            onError(error)
        }
    }

    /// An answer that the broker does not let through is replaced by an error that it does.
    private func answerFailed(_ message: Message, _ id: JobID, _ error: TransportError) {
        guard error.code == .tooLarge else { return }
        do throws(SafetensorsError) {
            let failure = JobError(.tooLarge, "the answer is too large for the broker: \(error.message)")
            var message = message
            message.payload = try JobAnswer.encode(job: id.text, status: .failed, error: failure)
            enqueue(.message(message))
        } catch {
            logger.error("an answer could not be laid out", metadata: ["reason": "\(error)"])
        }
    }
}
