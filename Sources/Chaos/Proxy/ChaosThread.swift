import Dispatch
import Glibc

/// A thread of its own for a loop that blocks, which can be waited for.
struct ChaosThread: Sendable {
    private let isOver = DispatchSemaphore(value: 0)

    static func start(_ body: @escaping @Sendable () -> Void) -> ChaosThread {
        let thread = ChaosThread()
        let queue = DispatchQueue(label: "attn.chaos.proxy")
        queue.async {
            body()
            thread.isOver.signal()
        }
        return thread
    }

    func join() { isOver.wait() }
}
