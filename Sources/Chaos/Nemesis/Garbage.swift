import Codecs
import Fleet

/// Messages that nobody should send. None of them is a well-formed lie under a lease that is held: against those stand
/// the broker's access rules, which this broker does not have.
enum Garbage {
    static func message(
        _ topics: FleetTopics, workers: Int, _ tape: Tape, _ random: inout SeededGenerator
    ) -> Message {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: noise(topics, workers, &random)
        case 1: tape.random(&random).map { truncated($0, &random) } ?? noise(topics, workers, &random)
        case 2: tape.random(&random).map { repeated($0) } ?? noise(topics, workers, &random)
        default: forgedResult(topics, workers, &random)
        }
    }

    private static func noise(_ topics: FleetTopics, _ workers: Int, _ random: inout SeededGenerator) -> Message {
        let worker = PeerID("worker-\(Int.random(in: 1...workers, using: &random))")!
        let dispatcher = PeerID("dispatcher-1")!
        let topic = [
            topics.job, topics.jobControl, topics.task(worker: worker, dispatcher: dispatcher),
            topics.result(worker: worker, dispatcher: dispatcher),
            topics.control(worker: worker, dispatcher: dispatcher),
            topics.workerStatus(worker), topics.workerInfo(worker), topics.workerStats(worker),
            topics.answer(client: PeerID("chaos-0")!),
        ].randomElement(using: &random)!
        let bytes = (0..<Int.random(in: 1...4096, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        return Message(topic: topic, payload: bytes, responseTopic: "nowhere")
    }

    private static func truncated(_ message: Message, _ random: inout SeededGenerator) -> Message {
        var message = message
        message.payload.removeLast(Int.random(in: 0..<max(message.payload.count, 1), using: &random))
        // An empty or shortened retained message would be a way to log a worker off, which it has by itself.
        message.retain = false
        if message.payload.isEmpty { message.payload = [0] }
        return message
    }

    /// A task or a result that was there before, once more.
    private static func repeated(_ message: Message) -> Message {
        var message = message
        message.retain = false
        return message
    }

    /// A well-formed result of a lease that never was.
    private static func forgedResult(
        _ topics: FleetTopics, _ workers: Int, _ random: inout SeededGenerator
    ) -> Message {
        let header = TaskHeader(
            op: "Attention", job: JobID("chaos-forged")!, shard: 0, attempt: 1,
            lease: LeaseToken(epoch: random.next(), number: random.next() >> 40), incarnation: Incarnation(1))
        let numbers = [Float](repeating: 7, count: 16)
        // Should it fail one day, the byte below is garbage too.
        let payload = try? ResultMessage.encodeDone(
            header, queued: .zero, compute: .zero,
            tensors: [
                TensorSource("O", .f32, shape: [1, 1, 16], numbers), TensorSource("lse", .f32, shape: [1, 1], [0]),
            ])
        let worker = PeerID("worker-\(Int.random(in: 1...workers, using: &random))")!
        return Message(
            topic: topics.result(worker: worker, dispatcher: PeerID("dispatcher-1")!), payload: payload ?? [0])
    }
}
