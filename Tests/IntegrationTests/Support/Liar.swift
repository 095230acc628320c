import Codecs
import Fleet
import Mosquitto

/// What a worker of bad faith answers.
enum Lie: String, Sendable, CaseIterable {
    case wrongShape
    case notANumber
    case otherShard
    /// No message at all: random bytes.
    case garbage
}

/// Announces a worker that takes tasks and lies about every one of them.
func withLiar(_ lie: Lie, _ transport: MosquittoTransport, _ body: () async throws -> Void) async throws {
    let id = PeerID("liar")!
    let info = WorkerInfo(
        incarnation: Incarnation(1), version: "", slots: 1, prefetch: 0, memory: 0, instructionSet: "")
    try await transport.subscribe(TestFleet.topics.workerSubscriptions(id))
    try await transport.publish(
        Message(
            topic: TestFleet.topics.workerInfo(id), payload: info.encoded(), qos: .atLeastOnce))
    try await transport.publish(Presence.online.message(topic: TestFleet.topics.workerStatus(id)))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            for await case .message(let message) in transport.events {
                guard case .task(_, let dispatcher) = TestFleet.topics.parse(message.topic) else { continue }
                try await transport.publish(
                    Message(
                        topic: TestFleet.topics.result(worker: id, dispatcher: dispatcher),
                        payload: try lie.answer(to: try TaskMessage(decoding: message.payload))))
            }
        }
        defer { group.cancelAll() }
        try await body()
    }
    try await transport.publish(Presence.offline.message(topic: TestFleet.topics.workerStatus(id)))
}

extension Lie {
    func answer(to task: TaskMessage) throws -> [UInt8] {
        var header = task.header
        var rows = [task.queryHeads, task.queries]
        var value: Float = 0
        switch self {
        case .garbage: return (0..<500).map { _ in UInt8.random(in: 0...255) }
        case .wrongShape: rows[1] += 1
        case .notANumber: value = .nan
        case .otherShard: header.shard += 1
        }
        let shape = rows + [task.valueHeadSize]
        return try ResultMessage.encodeDone(
            header, queued: .zero, compute: .zero,
            tensors: [
                TensorSource("O", .f32, shape: shape, [Float](repeating: value, count: shape.reduce(1, *))),
                TensorSource("lse", .f32, shape: rows, [Float](repeating: 0, count: rows.reduce(1, *))),
            ])
    }
}
