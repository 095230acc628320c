import Dispatch
import Dispatcher
import Synchronization
import Testing

@testable import Journal

@Suite struct GroupCommitTests {
    /// A commit that takes as long as the test wants, and keeps what it was given.
    private final class SlowCommit: Sendable {
        let groups = Mutex<[[Int]]>([])
        let proceed = DispatchSemaphore(value: 0)

        @Sendable func perform(_ changes: [Int]) -> [Result<Void, JournalError>] {
            groups.withLock { $0.append(changes) }
            proceed.wait()
            return changes.map { $0 < 0 ? .failure(JournalError(.full, "\($0)")) : .success(()) }
        }
    }

    private func waitUntil(_ condition: () -> Bool) async throws {
        for _ in 0..<10_000 where !condition() { try await Task.sleep(for: .milliseconds(1)) }
        try #require(condition())
    }

    @Test func whatComesDuringACommitSharesTheNext() async throws {
        let slow = SlowCommit()
        let commits = GroupCommit(on: DispatchQueue(label: "test"), perform: slow.perform)
        try await withThrowingTaskGroup { group in
            group.addTask { try await commits.commit(0) }
            try await waitUntil { slow.groups.withLock { $0.count } == 1 }
            for number in 1...100 {
                group.addTask { try await commits.commit(number) }
                try await waitUntil { commits.count == number }
            }
            slow.proceed.signal()
            slow.proceed.signal()
            try await group.waitForAll()
        }
        #expect(slow.groups.withLock { $0 } == [[0], Array(1...100)])
    }

    @Test func eachCallGetsItsOwnOutcome() async throws {
        let slow = SlowCommit()
        slow.proceed.signal()
        slow.proceed.signal()
        let commits = GroupCommit(on: DispatchQueue(label: "test"), perform: slow.perform)
        #expect(await failure { try await commits.commit(-1) }?.message == "-1")
        #expect(await failure { try await commits.commit(1) } == nil)
    }

    @Test func aCallCancelledWhileItWaitsIsNotMade() async throws {
        let slow = SlowCommit()
        let commits = GroupCommit(on: DispatchQueue(label: "test"), perform: slow.perform)
        let underWay = Task { await failure { try await commits.commit(1) } }
        try await waitUntil { slow.groups.withLock { $0.count } == 1 }
        let waiting = Task { await failure { try await commits.commit(2) } }
        try await waitUntil { commits.count == 1 }
        waiting.cancel()
        underWay.cancel()
        #expect(await waiting.value?.code == .cancelled)
        slow.proceed.signal()
        // What is being committed is promised, cancelled or not.
        #expect(await underWay.value == nil)
        #expect(slow.groups.withLock { $0 } == [[1]])
    }

    @Test func closingWaitsForWhatWaitsAndRefusesTheRest() async throws {
        let slow = SlowCommit()
        let commits = GroupCommit(on: DispatchQueue(label: "test"), perform: slow.perform)
        let first = Task { await failure { try await commits.commit(1) } }
        try await waitUntil { slow.groups.withLock { $0.count } == 1 }
        let second = Task { await failure { try await commits.commit(2) } }
        try await waitUntil { commits.count == 1 }
        let closing = Task { await commits.close() }
        try await waitUntil { commits.isClosed }
        #expect(await failure { try await commits.commit(3) }?.code == .cancelled)
        slow.proceed.signal()
        slow.proceed.signal()
        await closing.value
        #expect(slow.groups.withLock { $0 } == [[1], [2]])
        #expect(await first.value == nil)
        #expect(await second.value == nil)
    }
}
