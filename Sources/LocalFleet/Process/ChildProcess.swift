import Dispatch
import Foundation
import Synchronization

/// A child process: started, watched, signalled and reaped here and nowhere else.
///
/// Its process number stays its own until it is reaped, and signals go through the same lock as the reaping, so that none
/// can reach a stranger who got the number next.
public final class ChildProcess: Sendable {
    /// What a wait ended with.
    public enum Milestone: Sendable, Equatable {
        case ready
        case exited(ExitStatus)
        case timedOut
        case cancelled
    }

    private struct Waiter {
        let wantsReady: Bool
        let continuation: CheckedContinuation<Milestone, Never>
    }

    private struct State {
        var isReady = false
        var isToldToEnd = false
        var status: ExitStatus?
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
    }

    public let name: String
    public let processID: Int32
    private let output: ChildOutput
    private let state: StateBox

    /// Shared with the output, which is there before the child is.
    private final class StateBox: Sendable {
        let mutex = Mutex(State())
    }

    private init(name: String, processID: pid_t, output: ChildOutput, state: StateBox) {
        self.name = name
        self.processID = processID
        self.output = output
        self.state = state
        let reaper = Thread { [self] in reap() }
        reaper.name = "wait \(name)"
        reaper.stackSize = 256 << 10
        reaper.start()
    }

    /// Starts a child, in a process group of its own: a Ctrl-C in the terminal reaches this process alone, which then
    /// stops its children in order.
    ///
    /// - Throws: `LocalFleetError` with code `.system` if the operating system refuses.
    public static func start(_ launch: ChildLaunch) async throws(LocalFleetError) -> ChildProcess {
        let result = await SpawnThread.shared.run { () -> Result<ChildProcess, LocalFleetError> in
            Result { () throws(LocalFleetError) in
                let state = StateBox()
                let spawned = try SpawnedProcess(launch)
                let output: ChildOutput
                do throws(LocalFleetError) {
                    output = try ChildOutput(of: launch, output: spawned.output, error: spawned.error) {
                        Self.becomeReady(state)
                    }
                } catch {
                    spawned.abandon()
                    throw error
                }
                return ChildProcess(name: launch.name, processID: spawned.processID, output: output, state: state)
            }
        }
        return try result.get()
    }

    /// How it ended; nil while it runs.
    public var status: ExitStatus? { state.mutex.withLock { $0.status } }

    /// Whether its end, when it comes, is no accident: `stop` was called, or `expectEnd`.
    public var isToldToEnd: Bool { state.mutex.withLock { $0.isToldToEnd } }

    /// What is sent by `send` next is meant to end it.
    func expectEnd() { state.mutex.withLock { $0.isToldToEnd = true } }

    /// The last lines it wrote, oldest first.
    public var lastLines: [String] { output.lastLines }

    /// Sends a signal.
    /// - Returns: whether the child was there to get it.
    @discardableResult
    public func send(signal: CInt) -> Bool {
        state.mutex.withLock { $0.status == nil && kill(processID, signal) == 0 }
    }

    /// Waits until the child says that it is ready, ends, or the bound or the calling task's cancellation comes first.
    public func waitUntilReady(within bound: Duration) async -> Milestone {
        let identifier = newWaiter()
        return await withTaskCancellationHandler {
            await wait(identifier, wantsReady: true, within: bound)
        } onCancel: {
            resume(identifier, with: .cancelled)
        }
    }

    /// Waits until the child has ended and what it wrote is read; nil if the bound comes first. A nil bound is none.
    /// Cancellation does not end this wait: who takes a child down must see it down.
    public func waitForExit(within bound: Duration? = nil) async -> ExitStatus? {
        let milestone = await wait(newWaiter(), wantsReady: false, within: bound)
        guard case .exited(let status) = milestone else { return nil }
        return status
    }

    /// SIGTERM; then, if it has not ended within the bound, SIGKILL to it and whatever it started.
    ///
    /// - Returns: how it ended; nil if even SIGKILL did not end it in 5 s (a process stuck inside the kernel).
    @discardableResult
    public func stop(within bound: Duration) async -> ExitStatus? {
        expectEnd()
        if bound > .zero {
            send(signal: SIGTERM)
            // A stopped process (SIGSTOP) gets the signal only once it goes on.
            send(signal: SIGCONT)
            if let status = await waitForExit(within: bound) { return status }
        }
        state.mutex.withLock { if $0.status == nil { _ = kill(-processID, SIGKILL) } }
        return await waitForExit(within: .seconds(5))
    }

    private func reap() {
        var information = siginfo_t()
        // WNOWAIT: it stays a zombie, and its number its own, until the lock below is held.
        while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        output.finish()
        let (status, waiters) = state.mutex.withLock { state -> (ExitStatus, [Waiter]) in
            var word: CInt = 0
            while waitpid(processID, &word, 0) < 0, errno == EINTR {}
            let status = ExitStatus(waitStatus: word)
            state.status = status
            defer { state.waiters.removeAll() }
            return (status, Array(state.waiters.values))
        }
        waiters.forEach { $0.continuation.resume(returning: .exited(status)) }
    }

    private static func becomeReady(_ box: StateBox) {
        let waiters = box.mutex.withLock { state -> [Waiter] in
            state.isReady = true
            let ready = state.waiters.filter { $0.value.wantsReady }
            ready.keys.forEach { state.waiters[$0] = nil }
            return Array(ready.values)
        }
        waiters.forEach { $0.continuation.resume(returning: .ready) }
    }

    private func newWaiter() -> UInt64 {
        state.mutex.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
    }

    private func wait(_ identifier: UInt64, wantsReady: Bool, within bound: Duration?) async -> Milestone {
        await withCheckedContinuation { continuation in
            let now = state.mutex.withLock { state -> Milestone? in
                if let status = state.status { return .exited(status) }
                if wantsReady, state.isReady { return .ready }
                if wantsReady, Task.isCancelled { return .cancelled }
                state.waiters[identifier] = Waiter(wantsReady: wantsReady, continuation: continuation)
                return nil
            }
            if let now { return continuation.resume(returning: now) }
            guard let bound else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(bound.wholeNanoseconds)) { [self] in
                resume(identifier, with: .timedOut)
            }
        }
    }

    private func resume(_ identifier: UInt64, with milestone: Milestone) {
        let waiter = state.mutex.withLock { $0.waiters.removeValue(forKey: identifier) }
        waiter?.continuation.resume(returning: milestone)
    }
}

extension Duration {
    /// Rounded toward zero; saturates at 292 years.
    fileprivate var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (scaled, overflows) = Int(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : scaled.addingReportingOverflow(Int(attoseconds / 1_000_000_000)).partialValue
    }
}
