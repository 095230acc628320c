import Glibc

/// A detached POSIX thread, for work that blocks or computes for long.
struct Thread {
    private let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    private final class Start {
        let thread: Thread
        init(_ thread: Thread) { self.thread = thread }
    }

    /// Runs the body on a new thread. Traps if the system has no thread left to give at start-up.
    func start() {
        let context = Unmanaged.passRetained(Start(self)).toOpaque()
        var id = pthread_t()
        let code = pthread_create(
            &id, nil,
            { context in
                guard let context else { return nil }
                let thread = Unmanaged<Start>.fromOpaque(context).takeRetainedValue().thread
                thread.body()
                return nil
            }, context)
        precondition(code == 0, "pthread_create failed with \(code)")
        pthread_detach(id)
    }
}
