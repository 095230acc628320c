import Fleet
import Worker

/// A worker of a scale simulation: its core, and what its shell holds.
struct ScaleWorkerState {
    let kind: ScaleWorker
    var core: WorkerCore
    var held: [LeaseToken: ScaleTask] = [:]
    var wasUsed = false
    private var inFree = Instant.origin
    private var outFree = Instant.origin

    init(_ kind: ScaleWorker, number: Int) {
        self.kind = kind
        core = WorkerCore(
            incarnation: Incarnation(UInt64(number) + 1), slots: kind.slots, prefetch: kind.prefetch)
    }

    /// Takes a message from the broker.
    /// - Returns: when all of it is here.
    mutating func receive(_ bytes: Int, at now: Instant) -> Instant {
        inFree = max(inFree, now).advanced(by: seconds(bytes))
        return inFree.advanced(by: kind.roundTrip / 2)
    }

    /// - Returns: when the broker has all of it.
    mutating func send(_ bytes: Int, at now: Instant) -> Instant {
        outFree = max(outFree, now).advanced(by: seconds(bytes))
        return outFree.advanced(by: kind.roundTrip / 2)
    }

    private func seconds(_ bytes: Int) -> Duration {
        .nanoseconds(Int64((Double(bytes) / kind.bytesPerSecond * 1e9).rounded()))
    }
}
