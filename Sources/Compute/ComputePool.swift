import Dispatch
import Glibc
import Synchronization

/// Threads of their own for kernels: as many as computations may run at a time.
///
/// A kernel runs for milliseconds to seconds without a suspension point; on Swift's cooperative pool it would starve
/// heartbeats and cancellation. Each thread owns one `Scratch`, made on it and reused by every computation there.
public final class ComputePool<Scratch: ~Copyable>: Sendable {
    private typealias Work = @Sendable (inout Scratch) -> Void

    private struct State {
        var queue: [Work] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let pending = DispatchSemaphore(value: 0)
    private let threads: Int

    /// - Parameters:
    ///   - threads: computations at a time, at least 1.
    ///   - makeScratch: called once on each thread.
    public init(threads: Int, makeScratch: @escaping @Sendable () -> Scratch) {
        self.threads = max(threads, 1)
        for _ in 0..<self.threads { startThread(makeScratch) }
    }

    deinit {
        state.withLock { $0.isClosed = true }
        for _ in 0..<threads { pending.signal() }
    }

    /// Runs `body` on one of the threads, after those that came before it, and waits for its result without blocking.
    ///
    /// The caller bounds how much is queued. `body` cannot be cancelled from here: it looks at a flag of its own.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (inout Scratch) -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            start { scratch in continuation.resume(returning: body(&scratch)) }
        }
    }

    /// The same without waiting: `body` itself tells what came of it.
    public func start(_ body: @escaping @Sendable (inout Scratch) -> Void) {
        state.withLock { $0.queue.append(body) }
        pending.signal()
    }

    private func startThread(_ makeScratch: @escaping @Sendable () -> Scratch) {
        let thread = Thread { [pending, weak self] in
            var scratch = makeScratch()
            while true {
                pending.wait()
                guard let work = self?.next() else { return }
                work(&scratch)
            }
        }
        thread.start()
    }

    /// The oldest work, or nil when the pool is closed.
    private func next() -> Work? {
        state.withLock { state in state.isClosed || state.queue.isEmpty ? nil : state.queue.removeFirst() }
    }
}
