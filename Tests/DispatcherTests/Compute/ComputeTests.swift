// Block computations and the threads they run on.

import AttnMath
import Codecs
import Compute
import Fleet
import Synchronization
import Testing

@Suite("Compute") struct ComputeTests {
    private func task(heads: Int = 1) throws -> TaskMessage {
        let header = TaskHeader(
            job: try #require(JobID("j")), shard: 0, attempt: 1, lease: LeaseToken(epoch: 1, number: 1),
            incarnation: Incarnation(1))
        // One key: the output is its value, whatever the query.
        let ones = Array(repeating: Float(1), count: heads)
        return try TaskMessage(
            decoding: TaskMessage.encode(
                header, TaskAttributes(scale: 1),
                tensors: [
                    TensorSource("Q", .f32, shape: [heads, 1, 1], ones),
                    TensorSource("K", .f32, shape: [heads, 1, 1], ones),
                    TensorSource("V", .f32, shape: [heads, 1, 1], ones.indices.map { Float($0) }),
                ]))
    }

    @Test("A block's partial has the task's shape")
    func partial() throws {
        let task = try task(heads: 3)
        var workspace = Workspace()
        guard case .done(let partial) = BlockComputation(task, kernel: .best, cancel: CancelFlag()).run(&workspace)
        else {
            Issue.record("not done")
            return
        }
        #expect(partial.output == [0, 1, 2] && partial.lse == [1, 1, 1])
        #expect(partial.sources(for: task).map(\.shape) == [[3, 1, 1], [3, 1]])
    }

    @Test("A computation that is cancelled gives no partial")
    func cancelled() throws {
        let cancel = CancelFlag()
        cancel.set()
        var workspace = Workspace()
        guard case .cancelled = BlockComputation(try task(), kernel: .best, cancel: cancel).run(&workspace) else {
            Issue.record("not cancelled")
            return
        }
    }

    @Test("A pool runs as many at a time as it has threads, and each has a scratch of its own", arguments: [1, 3])
    func pool(threads: Int) async {
        let counts = Counts()
        let pool = ComputePool(threads: threads) { counts.state.withLock { $0.scratches += 1 } }
        let results = await withTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    await pool.run { _ in
                        counts.began()
                        defer { counts.ended() }
                        return number * number
                    }
                }
            }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set((0..<50).map { $0 * $0 }))
        let final = counts.state.withLock { $0 }
        #expect(final.running == 0 && final.most <= threads && final.scratches <= threads)
    }
}

private final class Counts: Sendable {
    struct State {
        var running = 0
        var most = 0
        var scratches = 0
    }

    let state = Mutex(State())

    func began() {
        state.withLock {
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
    }

    func ended() { state.withLock { $0.running -= 1 } }
}
