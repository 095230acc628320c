/// How fast one worker, or the machine itself, computes: floating-point operations a second, by class of shards.
///
/// What was observed last counts most: each observation has a quarter of the weight. Small shards are slower for each operation,
/// and operators differ: so a class that was not seen yet takes after the nearest of its operator, then after the probe.
struct SpeedTable: Sendable, Equatable {
    /// Most classes that are remembered; those used last.
    private static let most = 24
    private static let weight = 0.25

    private struct Entry: Sendable, Equatable {
        let shape: ShapeClass
        /// Seconds an operation: these add up, speeds do not.
        var secondsPerFlop: Double
    }

    private var entries: [Entry] = []
    /// What the worker measured at its birth; 0: nothing.
    var probed = 0.0

    /// - Parameters:
    ///   - flops: of one shard; positive.
    ///   - seconds: that it was computed.
    mutating func record(flops: Double, seconds: Double, _ shape: ShapeClass) {
        guard flops > 0, seconds.isFinite, seconds > 0 else { return }
        let observed = seconds / flops
        guard let index = entries.firstIndex(where: { $0.shape == shape }) else {
            if entries.count == Self.most { entries.removeLast() }
            return entries.insert(Entry(shape: shape, secondsPerFlop: observed), at: 0)
        }
        entries[index].secondsPerFlop += Self.weight * (observed - entries[index].secondsPerFlop)
        // What is used stays.
        if index > 0 { entries.swapAt(index, index - 1) }
    }

    /// Operations a second expected of such a shard; nil if nothing is known.
    func speed(_ shape: ShapeClass) -> Double? {
        let alike = entries.filter { $0.shape.kind == shape.kind }
        let nearest = alike.min { $0.shape.distance(to: shape) < $1.shape.distance(to: shape) }
        if let nearest { return 1 / nearest.secondsPerFlop }
        return probed > 0 ? probed : nil
    }
}

extension ShapeClass {
    /// The operator.
    var kind: Int { Int(number >> 12) }

    /// Half octaves of work between two classes of one operator.
    func distance(to other: ShapeClass) -> Int { abs(Int(number & 4095) - Int(other.number & 4095)) }
}
