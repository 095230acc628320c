import Glibc
public import Logging
import UnixSignals

/// Runs a service until it ends by itself or a signal drains it; a second signal ends the process at once.
///
/// The same signal within half a second is the first one: timeout(1) and terminals send it to the process and to its group.
public func runUntilSignal(
    _ logger: Logger, drain: @escaping @Sendable () async -> Void, run: @escaping @Sendable () async throws -> Void
) async throws {
    // Only after this are the signals ours: a service is not to be told to stop before it can.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let watcher = Task {
        let clock = ContinuousClock()
        var first: (signal: UnixSignal, at: ContinuousClock.Instant)?
        for await signal in signals {
            if let first {
                let isSame = first.signal == signal && first.at.duration(to: clock.now) < .milliseconds(500)
                if isSame { continue }
                logger.warning("stopping at once", metadata: ["signal": "\(signal)"])
                exit(128 + signal.rawValue)
            }
            first = (signal, clock.now)
            await drain()
        }
    }
    defer { watcher.cancel() }
    try await run()
}

/// Tells who started this service that it is known at the broker: the line `ready` on the standard output.
public func announceReadiness() {
    let line = Array("ready\n".utf8)
    _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// The number of a life that begins now.
public func microsecondsSince1970() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(max(now.tv_sec, 0)) * 1_000_000 + UInt64(now.tv_nsec) / 1000
}
