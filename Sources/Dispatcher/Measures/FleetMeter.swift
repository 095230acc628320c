public import Fleet

/// What is known of a fleet by measuring: each worker's speeds and link, and the way to the broker.
///
/// Clocks of workers and dispatcher need not agree: a result says how long its task waited and was computed, and what else
/// passed between sending and receiving was spent on the way.
package struct FleetMeter: Sendable {
    /// Of one result.
    package struct Observation {
        let flops: Double
        let shape: ShapeClass
        /// Of task and result together.
        let bytes: Int
        /// From sending the task to receiving the result, by this clock.
        let elapsed: Double
        /// By the worker's.
        let queued: Double
        let computed: Double

        package init(
            flops: Double, shape: ShapeClass, bytes: Int, elapsed: Double, queued: Double, computed: Double
        ) {
            self.flops = flops
            self.shape = shape
            self.bytes = bytes
            self.elapsed = elapsed
            self.queued = queued
            self.computed = computed
        }
    }

    private struct Worker: Sendable {
        var speeds = SpeedTable()
        var link: LinkMeter
        var memory: UInt64 = 0
        var contextBytes = 0
    }

    /// Most workers that are remembered; beyond it any one that comes is forgotten at once.
    private static let most = 131_072
    /// Before anything is known: gigabit Ethernet, and a broker on the same machine.
    private static let assumedLink = Link(roundTrip: 1e-3, bytesPerSecond: 1e8)
    private static let assumedBroker = Link(roundTrip: 2e-4, bytesPerSecond: 4e8)
    /// Of a small core, in operations a second.
    private static let assumedSpeed = 5e9

    private var workers: [PeerID: Worker] = [:]
    private var brokerMeter = LinkMeter(assumed: assumedBroker)

    package init() {}

    package mutating func born(_ id: PeerID, memory: UInt64, contextBytes: Int = 0) {
        guard var worker = known(id) else { return }
        worker.memory = memory
        worker.contextBytes = contextBytes
        workers[id] = worker
    }

    /// What a worker measured of itself.
    package mutating func told(_ id: PeerID, _ speeds: [String: Double]) {
        guard let speed = speeds["attention"], var worker = known(id) else { return }
        worker.speeds.probed = speed
        workers[id] = worker
    }

    package mutating func record(_ observation: Observation, at id: PeerID) {
        guard var worker = known(id) else { return }
        worker.speeds.record(flops: observation.flops, seconds: observation.computed, observation.shape)
        let onTheWay = observation.elapsed - observation.queued - observation.computed
        worker.link.record(bytes: observation.bytes, seconds: max(onTheWay, 0))
        workers[id] = worker
    }

    /// A message of the dispatcher to itself.
    package mutating func recordEcho(bytes: Int, seconds: Double) { brokerMeter.record(bytes: bytes, seconds: seconds) }

    private func known(_ id: PeerID) -> Worker? {
        workers[id] ?? (workers.count < Self.most ? Worker(link: LinkMeter(assumed: Self.assumedLink)) : nil)
    }

    /// Between dispatcher and broker, each way.
    var broker: Link {
        // An echo goes both ways.
        let echo = brokerMeter.link
        return Link(roundTrip: echo.roundTrip, bytesPerSecond: 2 * echo.bytesPerSecond)
    }

    /// - Parameters:
    ///   - shape: of the shards to come, about.
    ///   - loads: of the live workers.
    ///   - underWay: other jobs, and the bytes of their messages that the broker has yet to hand on.
    package func profile(
        _ loads: [WorkerLoad], _ shape: ShapeClass, underWay: (jobs: Int, bytes: Double) = (0, 0)
    ) -> FleetProfile {
        let broker = broker
        let known = loads.compactMap { workers[$0.id]?.speeds.speed(shape) }.sorted()
        let typical = known.isEmpty ? Self.assumedSpeed : known[known.count / 2]
        let profiles = loads.map { load -> WorkerProfile in
            let worker = workers[load.id] ?? Worker(link: LinkMeter(assumed: Self.assumedLink))
            let backlog = load.outstanding.reduce(0.0) { $0 + $1.flops / (worker.speeds.speed($1) ?? typical) }
            return WorkerProfile(
                id: load.id, slots: load.slots, speed: worker.speeds.speed(shape) ?? typical,
                link: worker.link.link.beyond(broker), backlog: backlog / Double(max(load.slots, 1)),
                mostBytes: worker.memory > 0 ? Int(clamping: worker.memory / 8) : .max,
                contextBytes: worker.contextBytes)
        }
        var here = profiles.first { $0.id == LocalWorker.id }
        here?.link = .none
        here?.mostBytes = .max
        return FleetProfile(
            workers: profiles.filter { $0.id != LocalWorker.id }, here: here, broker: broker,
            brokerBacklog: underWay.bytes / broker.bytesPerSecond, jobsUnderWay: underWay.jobs)
    }
}

/// A live worker and what it has yet to do.
public struct WorkerLoad: Sendable, Equatable {
    public var id: PeerID
    public var slots: Int
    /// Of each shard that is leased to it or reserved for it.
    public var outstanding: [ShapeClass]
}

extension Link {
    /// What of this link is not the way to the broker, which all share.
    fileprivate func beyond(_ broker: Link) -> Link {
        let perByte = max(1 / bytesPerSecond - 1 / broker.bytesPerSecond, 1e-12)
        return Link(roundTrip: max(roundTrip - broker.roundTrip, 0), bytesPerSecond: 1 / perByte)
    }
}

extension ShapeClass {
    /// Operations of such a shard, about.
    var flops: Double { pow2(Double(number & 4095) / 2 + 0.25) }
}

/// 2 ^ x for halves and quarters of x from 0 to 2048, without a mathematics library.
private func pow2(_ x: Double) -> Double {
    let whole = x.rounded(.down)
    let quarter = Int(((x - whole) * 4).rounded())
    return Double(sign: .plus, exponent: Int(min(whole, 1000)), significand: [1, 1.189, 1.414, 1.682, 2][quarter])
}
