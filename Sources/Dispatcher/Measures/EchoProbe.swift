/// The messages that a dispatcher sends to itself to measure the way to the broker: small ones, larger ones, and the largest only
/// where those were quick.
///
/// One alone tells how long the way is. Several sent at once come back at the pace at which the slowest part of the way hands
/// them on, which is quicker: parts work side by side. (The packet pair of Keshav, "A Control-Theoretic Approach to Flow
/// Control", 1991.)
package struct EchoProbe: Sendable {
    /// What was found out.
    package enum Finding: Sendable, Equatable {
        /// There and back, of a message alone.
        case roundTrip(bytes: Int, seconds: Double)
        /// Between messages that were sent at once.
        case pace(bytes: Int, seconds: Double)
    }

    private struct Burst: Sendable {
        let size: Int
        let count: Int
        /// The first of a size finds buffers and caches cold.
        var isRehearsal = false
    }

    /// One after the other, each once the last is back; one that does not come back ends it.
    private static let bursts = [(16, 8), (65_536, 4), (1 << 20, 3)].flatMap { size, count in
        [
            Burst(size: size, count: 1, isRehearsal: true), Burst(size: size, count: 1), Burst(size: size, count: 1),
            Burst(size: size, count: count), Burst(size: size, count: count),
        ]
    }
    /// A way on which a message alone takes longer than this is not burdened with more, in seconds.
    private static let patience = 0.02

    /// How many of the bursts are wanted.
    private var wanted = 0
    private var next = 0
    /// Of the burst, those that are back.
    private var returned = 0
    private var number: UInt64 = 0
    private var sent = 0.0
    private var firstReturn = 0.0

    /// Nothing is waited for.
    package var isOver: Bool { next >= wanted }

    /// Whether it has been begun once, and is over or has come to nothing.
    func mayRepeat(at now: Double) -> Bool { wanted > 0 && (isOver || now - sent > 5) }

    package init() {}

    /// Begins anew.
    ///
    /// - Parameter isBrief: only with small ones, as is to be done often.
    /// - Returns: the first messages.
    package mutating func start(at now: Double, isBrief: Bool = false) -> [[UInt8]] {
        next = 0
        wanted = isBrief ? Self.bursts.count / 3 : Self.bursts.count
        return messages(at: now)
    }

    /// - Parameter now: in seconds.
    /// - Returns: what was measured, if that is more than was known, and the next messages, if there are to be any; nil for a
    ///   message that was not waited for.
    package mutating func received(_ payload: [UInt8], at now: Double) -> (finding: Finding?, next: [[UInt8]])? {
        guard !isOver else { return nil }
        let burst = Self.bursts[next]
        guard payload == Self.payload(number &+ UInt64(returned), burst.size) else { return nil }
        returned += 1
        if returned == 1 { firstReturn = now }
        guard returned == burst.count else { return (nil, []) }
        let seconds = now - sent
        next += 1
        if burst.count > 1 {
            let pace = (now - firstReturn) / Double(burst.count - 1)
            return (.pace(bytes: burst.size, seconds: pace), messages(at: now))
        }
        let isSlow = seconds > Self.patience
        if isSlow { next = wanted }
        let finding = Finding.roundTrip(bytes: burst.size, seconds: seconds)
        return (burst.isRehearsal && !isSlow ? nil : finding, messages(at: now))
    }

    private mutating func messages(at now: Double) -> [[UInt8]] {
        // More than a burst has, so that what is still on its way from an earlier one is told from it.
        number &+= 8
        returned = 0
        sent = now
        guard !isOver else { return [] }
        let burst = Self.bursts[next]
        return (0..<burst.count).map { Self.payload(number &+ UInt64($0), burst.size) }
    }

    private static func payload(_ number: UInt64, _ size: Int) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) } + Array(repeating: 0, count: size - 8)
    }
}
