import AttnMath
import Codecs
import Fleet
import Logging
import Testing
import Worker

@Suite("A worker's service, and keys and values that tasks share") struct SharedContextTests {
    private let fleet = PeerID("f")!
    private let id = PeerID("w")!
    private let dispatcher = PeerID("d")!
    private let digest = BlobDigest(bytes: Array(repeating: 1, count: 32))!

    /// Sends tasks one after the other, and gives what was answered to each.
    private func answers(
        to tasks: [[UInt8]], _ change: (inout WorkerOptions) -> Void = { _ in }
    ) async throws -> [ResultMessage] {
        var options = WorkerOptions(
            id: id, fleet: fleet, incarnation: Incarnation(7), version: "", slots: 1, prefetch: 1, kernel: .best)
        change(&options)
        let (broker, topics) = (InMemoryBroker(), FleetTopics(fleet: fleet))
        let transport = try broker.connect(options.client)
        let worker = WorkerService(
            options, transport: transport,
            logger: Logger(label: "t") { _ in
                SwiftLogNoOpLogHandler()
            })
        let sender = try broker.connect(ClientOptions(clientID: "d"))
        try await sender.subscribe([
            Subscription("\(topics.root)/result/w/d"), Subscription("\(topics.root)/worker/w/info", qos: .atLeastOnce),
        ])
        async let running: Void = worker.run()
        var (answers, left): ([ResultMessage], [[UInt8]]) = ([], tasks.reversed())
        for await case .message(let message) in sender.events {
            if message.topic.contains("/result/") { answers.append(try ResultMessage(decoding: message.payload)) }
            guard let task = left.popLast() else { break }
            try await sender.publish(
                Message(topic: topics.task(worker: id, dispatcher: dispatcher), payload: task))
        }
        await worker.drain()
        try await running
        return answers
    }

    private func output(_ answer: ResultMessage) throws -> [Float] {
        let tensors = try #require(answer.tensors)
        return try tensors.elements(of: try #require(tensors["O"]), as: Float.self)
    }

    @Test("A task that refers to what was not sent is refused as missing; once it was sent, it is computed")
    func missing() async throws {
        let answers = try await answers(to: [
            taskPayload(digest, keys: 3, withContext: false, lease: 1),
            taskPayload(digest, keys: 3, withContext: true, lease: 2),
            taskPayload(digest, keys: 3, withContext: false, lease: 3),
        ])
        #expect(answers.map(\.lease.number) == [1, 2, 3])
        #expect(answers[0].status == .refused(code: "missing"))
        // All keys score alike: the mean of the values 1, 2, 3.
        #expect(try answers[1...].allSatisfy { try abs(output($0)[0] - 2) < 1e-6 })
    }

    @Test("A worker that keeps nothing says missing each time, and does what brings its own")
    func keepsNothing() async throws {
        let tasks = try [true, false, true].enumerated().map { number, withContext in
            try taskPayload(digest, keys: 3, withContext: withContext, lease: UInt64(number))
        }
        let answers = try await answers(to: tasks) { $0.contextBytes = 0 }
        #expect(answers.map(\.status) == [.done, .refused(code: "missing"), .done])
    }
}
