public import Fleet

/// One fault at its time: drawn before the run, so that it can be left out of the next.
public struct ScheduledFault: Sendable, Equatable, CustomStringConvertible {
    public let fault: Fault
    public let at: Instant
    public let duration: Duration
    /// Which peer, job or amount; what it means is the fault's.
    public let draw: UInt64

    public var description: String { "\(fault.rawValue) at \(at) for \(duration.inSeconds) s (\(draw))" }
}

extension SimulationSettings {
    /// The faults of a run.
    var schedule: [ScheduledFault] {
        let drawn = drawSchedule()
        guard let keptFaults else { return drawn }
        return keptFaults.filter(drawn.indices.contains).map { drawn[$0] }
    }

    /// About four of each fault in two minutes, in the order of their time.
    public func drawSchedule() -> [ScheduledFault] {
        var random = SeededGenerator(seed: seed ^ 0xfa17)
        var schedule: [ScheduledFault] = []
        for fault in Fault.allCases {
            // Drawn for those left out too, so that the others stay the same.
            let count = Int.random(in: 0...max(Int(duration.inSeconds / 15), 1), using: &random)
            for _ in 0..<count {
                let at = Int64.random(in: 0...max(duration.nanoseconds, 1), using: &random)
                let length = Int64.random(in: 1...fault.longest.nanoseconds, using: &random)
                let scheduled = ScheduledFault(
                    fault: fault, at: Instant(nanoseconds: at), duration: .nanoseconds(length), draw: random.next())
                if faults.contains(fault) { schedule.append(scheduled) }
            }
        }
        return schedule.sorted { ($0.at, $0.fault) < ($1.at, $1.fault) }
    }
}

extension Fault {
    /// The longest time that it lasts, or that what it stopped stays down.
    var longest: Duration {
        switch self {
        case .loss, .delay, .duplication, .reordering, .journalFull: .seconds(10)
        case .partition: .seconds(80)
        case .hang, .slow, .lie: .seconds(40)
        case .crash, .workerDrain: .seconds(20)
        case .brokerStop, .brokerKill, .dispatcherKill, .dispatcherDrain: .seconds(5)
        case .cut, .withdraw, .repetition: .milliseconds(1)
        }
    }
}
