/// The messages that a dispatcher sends to itself to measure the way to the broker: small ones, larger ones, and the largest only
/// where those were quick.
package struct EchoProbe: Sendable {
    /// One at a time, each once the last is back; one that does not come back ends it.
    private static let sizes = [16, 16, 16, 16, 65_536, 65_536, 65_536, 1 << 20, 1 << 20]
    /// A way on which 64 KiB take longer than this is not burdened with more.
    private static let patience = 0.02

    private var next = 0
    private var number: UInt64 = 0
    private var sent = 0.0

    package init() {}

    /// Begins anew.
    /// - Returns: the first message.
    package mutating func start(at now: Double) -> [UInt8] {
        next = 0
        return message(at: now)
    }

    /// - Parameter now: in seconds.
    /// - Returns: what was measured, and the next message, if there is to be one; nil for a message that was not waited for.
    package mutating func received(
        _ payload: [UInt8], at now: Double
    ) -> (bytes: Int, seconds: Double, next: [UInt8]?)? {
        guard next < Self.sizes.count, payload == Self.payload(number, Self.sizes[next]) else { return nil }
        let (size, seconds) = (Self.sizes[next], now - sent)
        next += 1
        let isOver = next == Self.sizes.count || Self.sizes[next] > size && seconds > Self.patience
        if isOver { next = Self.sizes.count }
        return (size, seconds, isOver ? nil : message(at: now))
    }

    private mutating func message(at now: Double) -> [UInt8] {
        number += 1
        sent = now
        return Self.payload(number, Self.sizes[next])
    }

    private static func payload(_ number: UInt64, _ size: Int) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) } + Array(repeating: 0, count: size - 8)
    }
}
