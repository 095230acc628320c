public import Fleet

/// What is known of a fleet by measuring: each worker's speeds and link, and the way to the broker.
///
/// Clocks of workers and dispatcher need not agree: a result says how long its task waited and was computed, and what else
/// passed between sending and receiving was spent on the way.
package struct FleetMeter: Sendable {
    /// Of one result. Times in seconds.
    package struct Observation {
        let flops: Double
        let shape: ShapeClass
        let taskBytes: Int
        let resultBytes: Int
        /// When the task's turn came to leave, by this clock: `departure`.
        let departed: Double
        /// By this clock.
        let received: Double
        /// By the worker's: for how long it waited.
        let queued: Double
        /// By the worker's: for how long it was computed.
        let computed: Double

        package init(
            flops: Double, shape: ShapeClass, taskBytes: Int, resultBytes: Int, departed: Double, received: Double,
            queued: Double, computed: Double
        ) {
            (self.flops, self.shape, self.taskBytes, self.resultBytes) = (flops, shape, taskBytes, resultBytes)
            (self.departed, self.received, self.queued, self.computed) = (departed, received, queued, computed)
        }
    }

    private struct Worker: Sendable {
        var speeds = SpeedTable()
        /// Beyond the broker.
        var link: LinkMeter
        var memory: UInt64 = 0
        var contextBytes = 0
        /// When it had the last task whose result is known, about.
        var arrival = -Double.infinity
    }

    /// Most workers that are remembered; beyond it any one that comes is forgotten at once.
    private static let most = 131_072
    /// Beyond the broker, before anything is known: gigabit Ethernet, and a broker on the same machine.
    private static let assumedLink = Link(roundTrip: 2e-4, bytesPerSecond: 1e8)
    /// What it takes to be woken; more than the most is the machine's load, not the way.
    private static let mostSecondsHere = 5e-4
    private static let assumedHere = Link(roundTrip: 1e-4, bytesPerSecond: 1e12)
    private static let assumedBroker = Link(roundTrip: 2e-4, bytesPerSecond: 4e8)
    /// Of a small core, in operations a second.
    private static let assumedSpeed = 5e9

    private var workers: [PeerID: Worker] = [:]
    private var brokerMeter = LinkMeter(assumed: assumedBroker)
    /// Seconds between messages handed on one after the other; nil until there are such.
    private var paceMeter: LinkMeter?
    /// The largest of them: on a slow way there are only small ones.
    private var mostPacedBytes = 0
    /// What the dispatcher itself has to do for a message, in seconds; nil until it had to.
    private var handlingMeter: LinkMeter?
    /// When all that was sent so far will have left.
    private var lastDeparture = -Double.infinity

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

    /// A task was laid out, or a result looked into and merged.
    package mutating func handled(bytes: Int, seconds: Double) {
        var handling = handlingMeter ?? LinkMeter(assumed: Link(roundTrip: 1e-4, bytesPerSecond: 4e9))
        handling.record(bytes: bytes, seconds: seconds)
        handlingMeter = handling
    }

    /// A task goes out, behind those that dispatcher and broker have not yet handed on.
    /// - Returns: when its turn comes, in seconds.
    package mutating func departure(bytes: Int, at now: Double) -> Double {
        let turn = max(now, lastDeparture)
        lastDeparture = turn + (messageSeconds ?? broker.roundTrip / 8) + Double(bytes) / broker.bytesPerSecond
        return turn
    }

    /// The way begins when it was the task's turn at the broker, and then at the worker's link: not before the task sent before
    /// it was there.
    package mutating func record(_ observation: Observation, at id: PeerID) {
        guard var worker = known(id) else { return }
        worker.speeds.record(flops: observation.flops, seconds: observation.computed, observation.shape)
        let start = max(min(observation.departed, observation.received), worker.arrival)
        let way = max(observation.received - start - observation.queued - observation.computed, 0)
        let (there, back) = (Double(observation.taskBytes), Double(observation.resultBytes))
        let bytes = observation.taskBytes + observation.resultBytes
        let atBroker = id == LocalWorker.id ? 0 : broker.roundTrip + (there + back) / broker.bytesPerSecond
        // It was on no shorter a way than the dispatcher's own messages, which go there and back whole.
        if way < atBroker { brokerMeter.record(bytes: bytes / 2, seconds: way) }
        let beyond = max(way - atBroker, 0)
        worker.link.record(bytes: bytes, seconds: id == LocalWorker.id ? min(beyond, Self.mostSecondsHere) : beyond)
        let share = (there + TaskWay.bytesOfMessage) / (there + back + 2 * TaskWay.bytesOfMessage)
        worker.arrival = max(worker.arrival, start + way * share)
        workers[id] = worker
    }

    /// Of messages of the dispatcher to itself.
    package mutating func record(_ finding: EchoProbe.Finding) {
        switch finding {
        case .roundTrip(let bytes, let seconds): brokerMeter.record(bytes: bytes, seconds: seconds)
        case .pace(let bytes, let seconds):
            var pace =
                paceMeter
                ?? LinkMeter(assumed: Link(roundTrip: broker.roundTrip / 8, bytesPerSecond: broker.bytesPerSecond))
            pace.record(bytes: bytes, seconds: seconds)
            mostPacedBytes = max(mostPacedBytes, bytes)
            paceMeter = pace
        }
    }

    private func known(_ id: PeerID) -> Worker? {
        if let worker = workers[id] { return worker }
        guard workers.count < Self.most else { return nil }
        return Worker(link: LinkMeter(assumed: id == LocalWorker.id ? Self.assumedHere : Self.assumedLink))
    }

    /// Between dispatcher and broker, each way: what a byte adds is what it holds up the next message for.
    var broker: Link {
        let echo = brokerMeter.link
        // An echo goes both ways.
        let pace = mostPacedBytes >= 65_536 ? paceMeter?.link.bytesPerSecond : nil
        let onTheWay = pace ?? 2 * echo.bytesPerSecond
        return Link(
            roundTrip: echo.roundTrip,
            bytesPerSecond: min(onTheWay, handlingMeter?.link.bytesPerSecond ?? .infinity))
    }

    /// For how long any message holds up the next: on its way, or here, which goes on side by side.
    var messageSeconds: Double? {
        [paceMeter, handlingMeter].compactMap { $0?.link.roundTrip }.max()
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
                link: worker.link.link, backlog: backlog / Double(max(load.slots, 1)),
                mostBytes: worker.memory > 0 ? Int(clamping: worker.memory / 8) : .max,
                contextBytes: worker.contextBytes)
        }
        var here = profiles.first { $0.id == LocalWorker.id }
        // Results are there at once, but the dispatcher has to be woken.
        here?.link.bytesPerSecond = .infinity
        here?.mostBytes = .max
        return FleetProfile(
            workers: profiles.filter { $0.id != LocalWorker.id }, here: here, broker: broker,
            messageSeconds: messageSeconds, brokerBacklog: underWay.bytes / broker.bytesPerSecond,
            jobsUnderWay: underWay.jobs)
    }
}

/// A live worker and what it has yet to do.
public struct WorkerLoad: Sendable, Equatable {
    public var id: PeerID
    public var slots: Int
    /// Of each shard that is leased to it or reserved for it.
    public var outstanding: [ShapeClass]
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
