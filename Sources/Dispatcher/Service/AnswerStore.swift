import DequeModule
import Fleet

/// Answers of ended jobs, kept for a while so that a repeated request gets the same answer instead of new work.
///
/// Bounded in bytes and age; the oldest go first.
struct AnswerStore: Sendable {
    private struct Stored {
        let digest: UInt64
        let payload: [UInt8]
        let until: Instant
    }

    private let maxBytes: Int
    private let lifetime: Duration
    private var answers: [JobID: Stored] = [:]
    private var order = Deque<JobID>()
    private(set) var bytes = 0

    init(maxBytes: Int, lifetime: Duration) {
        self.maxBytes = maxBytes
        self.lifetime = lifetime
    }

    enum Lookup: Equatable {
        case answer([UInt8])
        /// The ID was used for another request.
        case otherRequest
    }

    mutating func lookup(_ id: JobID, digest: UInt64, at now: Instant) -> Lookup? {
        expire(now)
        return answers[id].map { $0.digest == digest ? .answer($0.payload) : .otherRequest }
    }

    mutating func insert(_ id: JobID, digest: UInt64, payload: [UInt8], at now: Instant) {
        expire(now)
        guard payload.count <= maxBytes, answers[id] == nil else { return }
        while bytes + payload.count > maxBytes, let oldest = order.first { remove(oldest) }
        answers[id] = Stored(digest: digest, payload: payload, until: now.advanced(by: lifetime))
        order.append(id)
        bytes += payload.count
    }

    private mutating func expire(_ now: Instant) {
        while let oldest = order.first, let stored = answers[oldest], stored.until <= now { remove(oldest) }
    }

    /// Only ever called for the oldest.
    private mutating func remove(_ id: JobID) {
        order.removeFirst()
        if let stored = answers.removeValue(forKey: id) { bytes -= stored.payload.count }
    }
}
