/// How fast one worker, or the machine itself, computes: floating-point operations a second, by class of shards.
///
/// Of each class the mean of all observations, then of about the last eight: one of them alone may be far off, most of all on a
/// device whose core others use too. Two in a row that are slower or faster by 1.6 begin the mean anew: the device has changed.
///
/// Small shards are slower for each operation, and operators differ: so a class takes after the nearest of its operator,
/// then after the probe. Classes up to two octaves from the nearest count too, by how alike and how large they are: of what takes
/// long, chance is a smaller part.
struct SpeedTable: Sendable, Equatable {
    /// Most classes that are remembered; those used last.
    private static let most = 24
    private static let mostObservations = 8.0

    private struct Entry: Sendable, Equatable {
        let shape: ShapeClass
        /// Seconds an operation: these add up, speeds do not.
        var secondsPerFlop: Double
        var count = 1.0
        var wasFarOff = false

        mutating func record(_ observed: Double) {
            let isFarOff = observed > 1.6 * secondsPerFlop || 1.6 * observed < secondsPerFlop
            if isFarOff, wasFarOff { (secondsPerFlop, count) = (observed, 0) }
            wasFarOff = isFarOff
            count = min(count + 1, SpeedTable.mostObservations)
            secondsPerFlop += (observed - secondsPerFlop) / count
        }
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
        entries[index].record(observed)
        // What is used stays.
        if index > 0 { entries.swapAt(index, index - 1) }
    }

    /// Operations a second expected of such a shard; nil if nothing is known.
    func speed(_ shape: ShapeClass) -> Double? {
        var nearest = Int.max
        for entry in entries where entry.shape.kind == shape.kind {
            nearest = min(nearest, entry.shape.distance(to: shape))
        }
        guard nearest < .max else { return probed > 0 ? probed : nil }
        var (sum, weights) = (0.0, 0.0)
        for entry in entries where entry.shape.kind == shape.kind {
            let distance = entry.shape.distance(to: shape)
            guard distance <= nearest + 4 else { continue }
            let isLarger = entry.shape.number > shape.number
            let weight = entry.count * halvings(isLarger ? distance : 3 * distance)
            sum += weight * entry.secondsPerFlop
            weights += weight
        }
        return weights / sum
    }
}

extension ShapeClass {
    /// The operator.
    var kind: Int { Int(number >> 12) }

    /// Half octaves of work between two classes of one operator.
    func distance(to other: ShapeClass) -> Int { abs(Int(number & 4095) - Int(other.number & 4095)) }
}

/// 2 ^ (−halves / 2): flops double with every second class.
private func halvings(_ halves: Int) -> Double {
    Double(sign: .plus, exponent: -(halves / 2), significand: halves.isMultiple(of: 2) ? 1 : 0.7071)
}
