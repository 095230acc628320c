import AttnMath
import Codecs
import Compute
@testable import Dispatcher
import Fleet
import Logging
import Synchronization
import Testing

/// A dispatcher, and a worker of the test's own that may forget.
@Suite("Keys and values are sent to a worker once") struct SharedContextTests {
    private let fleet = PeerID("f")!
    private let worker = PeerID("w")!

    /// One head of 1600 queries and 100 keys: 102 KB of Q, 13 KB of K and V, in messages of 32 KB.
    private func payload(_ name: String) throws -> [UInt8] {
        var random = SeededGenerator(seed: 3)
        let file = try Safetensors.encode(
            tensors: [("Q", 1600), ("K", 100), ("V", 100)].map { name, length in
                TensorSource(
                    name, .f32, shape: [1, 1, length, 16],
                    (0..<length * 16).map { _ in Float.random(in: -1...1, using: &random) })
            })
        return try JobRequest.encode(
            try Safetensors(parsing: file), as: JobID(name)!, timeout: .seconds(30))
    }

    /// What came with each task: its keys and values, or only their name.
    private enum Way: Equatable { case brought, named, missed }

    /// - Parameter forgets: whether the worker has let go of them, before its so manieth task.
    private func run(
        contextBytes: UInt64 = 1 << 20, forgets: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) async throws -> (answer: JobAnswer, ways: [Way]) {
        let (broker, topics) = (InMemoryBroker(), FleetTopics(fleet: fleet))
        var options = DispatcherOptions(id: PeerID("d")!, fleet: fleet, epoch: 1, version: "")
        options.messageBytes = 32 << 10
        let ways = Mutex<[Way]>([])
        let device = try broker.connect(ClientOptions(clientID: "w"))
        try await device.subscribe(topics.workerSubscriptions(worker))
        let info = WorkerInfo(
            incarnation: Incarnation(7), version: "", slots: 1, prefetch: 1, memory: 0, contextBytes: contextBytes,
            instructionSet: "")
        try await device.publish(
            Message(topic: topics.workerInfo(worker), payload: info.encoded(), qos: .atLeastOnce, retain: true))
        try await device.publish(Presence.online.message(topic: topics.workerStatus(worker)))
        async let working: Void = work(device, topics) { kept, payload in
            try Self.answer(payload, &kept, ways, forgets)
        }
        let transport = try broker.connect(options.client)
        let answer = try await withDispatcher(
            options, transport: transport, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
        ) { dispatcher in
            _ = await dispatcher.hasWorkers(within: .seconds(30))
            return await dispatcher.run(try payload("j"))
        }
        device.close()
        try await working
        return (answer, ways.withLock { $0 })
    }

    private func work(
        _ device: InMemoryTransport, _ topics: FleetTopics,
        _ answer: (inout [BlobDigest: AttentionContext], [UInt8]) throws -> [UInt8]
    ) async throws {
        var kept: [BlobDigest: AttentionContext] = [:]
        for await case .message(let message) in device.events {
            guard case .task(_, let dispatcher) = topics.parse(message.topic) else { continue }
            try await device.publish(
                Message(
                    topic: topics.result(worker: worker, dispatcher: dispatcher),
                    payload: try answer(&kept, message.payload)))
        }
    }

    private static func answer(
        _ payload: [UInt8], _ kept: inout [BlobDigest: AttentionContext], _ ways: borrowing Mutex<[Way]>,
        _ forgets: (Int) -> Bool
    ) throws -> [UInt8] {
        if forgets(ways.withLock { $0.count }) { kept = [:] }
        let isNamed = try Safetensors(parsing: payload)["K"] == nil
        do throws(MessageError) {
            let task = try TaskMessage(decoding: payload) { kept[$0] }
            if let digest = task.context.digest { kept[digest] = task.context }
            ways.withLock { $0.append(isNamed ? .named : .brought) }
            return try compute(task)
        } catch {
            #expect(error.code == .missing)
            ways.withLock { $0.append(.missed) }
            return try ResultMessage.encodeRefused(TaskMessage.header(of: payload), code: "missing")
        }
    }

    private static func compute(_ task: TaskMessage) throws(MessageError) -> [UInt8] {
        var workspace = Workspace()
        guard case .done(let partial) = BlockComputation(task, kernel: .best, cancel: CancelFlag()).run(&workspace)
        else { throw MessageError(.invalid, "not computed") }
        do {
            return try ResultMessage.encodeDone(
                task.header, queued: .zero, compute: .milliseconds(1), tensors: partial.sources(for: task))
        } catch { throw MessageError(.invalid, "\(error)") }
    }

    private func expectRight(_ answer: JobAnswer) async throws {
        let here = try await LocalExecutor(kernel: .best, threads: 1).run(try payload("here"))
        let outputs = try [answer, here].map { answer in
            let tensors = try #require(answer.tensors, "\(answer.errorMessage ?? "")")
            return try tensors.elements(of: try #require(tensors["Y"]), as: Float.self)
        }
        // The same tasks' kernels on the same numbers, cut elsewhere: some roundings apart.
        #expect(zip(outputs[0], outputs[1]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("The first shard brings them, the others name them")
    func once() async throws {
        let (answer, ways) = try await run()
        try await expectRight(answer)
        #expect(ways.count >= 4 && ways == [.brought] + Array(repeating: .named, count: ways.count - 1))
    }

    @Test("A worker that does not keep any, or too little, gets them each time", arguments: [0, 1000])
    func never(contextBytes: UInt64) async throws {
        let (answer, ways) = try await run(contextBytes: contextBytes)
        try await expectRight(answer)
        #expect(ways.count >= 4 && ways.allSatisfy { $0 == .brought })
    }

    @Test("A worker that has let go of them says so, and gets them again; that counts as no failure")
    func missing() async throws {
        let (answer, ways) = try await run { $0 == 2 }
        try await expectRight(answer)
        #expect(ways[0] == .brought && ways.contains(.missed))
        #expect(ways.filter { $0 == .brought }.count == 2)
        let reasons = answer.report?.objectValue?["retries"]?.arrayValue?.compactMap {
            $0.objectValue?["reason"]?.stringValue
        }
        #expect(reasons?.allSatisfy { $0 == "w lacks its keys and values" } == true && reasons?.isEmpty == false)
    }

    @Test("A worker that always says so does not get the job to fail before its deadline, nor all at once")
    func alwaysMissing() throws {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        fleet.end(first, .missing)
        let second = fleet.takeSends()
        #expect(second.map(\.worker) == [peer("a")], "at once, to the same worker")
        fleet.end(second[0], .missing)
        #expect(fleet.takeSends().isEmpty, "the second time after a while")
        fleet.advance(.seconds(5))
        #expect(fleet.takeSends().count == 1)
    }
}
