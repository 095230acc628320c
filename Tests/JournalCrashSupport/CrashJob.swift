import Dispatcher
import Fleet

/// A job all of which follows from its name, so that who finds it can tell whether it is whole.
struct CrashJob: Sendable {
    let journaled: JournaledJob
    let request: [UInt8]
    let answer: [UInt8]
    let laterWaiters: [JournaledWaiter]
    let keepUntil: WallTime

    /// - Parameter name: a job ID.
    init(name: String) {
        // The same in every process, which Swift's own hash is not.
        let seed = name.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }
        var random = SeededGenerator(seed: seed)
        request = Self.bytes(&random)
        answer = Self.bytes(&random)
        keepUntil = WallTime(microseconds: Int64(random.next() >> 8))
        laterWaiters = (0..<random.next() % 3).map { Self.waiter(name, $0, &random) }
        journaled = JournaledJob(
            id: JobID(name)!, digest: random.next(), requestBytes: request.count,
            priority: Int(random.next() % 201) - 100, deadline: WallTime(microseconds: Int64(random.next() >> 8)),
            waiters: [Self.waiter(name, 9, &random)])
    }

    /// Mostly small, sometimes many pages, sometimes nothing.
    private static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        let most: UInt64 = random.next() % 16 == 0 ? 100_000 : 500
        let count = Int(random.next() % most)
        let piece = (0..<256).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return Array(repeatElement(piece, count: count / 256 + 1).joined().prefix(count))
    }

    private static func waiter(_ name: String, _ number: UInt64, _ random: inout SeededGenerator) -> JournaledWaiter {
        let correlations: [[UInt8]?] = [nil, [], [UInt8(truncatingIfNeeded: random.next()), 0, 255]]
        return JournaledWaiter(
            topic: "answers/\(name)/\(number)", correlation: correlations[Int(random.next() % 3)],
            wantsUpdates: random.next() % 2 == 0)
    }
}
