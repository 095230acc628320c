import Dispatcher
import Fleet

/// A job whose partials are cheap, and tell nevertheless if one is merged twice or missing.
///
/// Each row group has `blocks` ranges of keys; each key a random number of its job. A partial is the wrapping sum over
/// its keys, which, like the real one, is not idempotent; the answer is the sum of each row group.
struct SimulatedJob {
    let id: JobID
    let client: Int
    let isDurable: Bool
    let priority: Int
    let timeout: Duration
    let submission: Instant
    let rowGroups: Int
    let blocks: Int
    let keysPerBlock: Int
    /// Of one shard, at a worker of speed 1.
    let work: Duration
    let nonce: UInt64

    var shards: Int { rowGroups * blocks }

    /// Of one job in four each row group is a stage, which waits for the one before.
    var shardsPerStage: Int { nonce & 3 == 0 ? blocks : shards }

    /// Of a job with stages each range of keys wants to stay at its worker, whatever the job.
    var residencyKeys: [UInt64] { shardsPerStage < shards ? (0..<UInt64(blocks)).map { $0 } : [] }

    /// Of one job in three, for workers that may be slow, set aside or not there.
    func reservations(_ settings: SimulationSettings) -> Reservations {
        guard nonce % 3 == 0 else { return Reservations() }
        let workers = (0..<shardsPerStage).compactMap {
            PeerID("worker-\((nonce >> 8 &+ UInt64($0)) % UInt64(settings.workers + 1))")
        }
        return Reservations(workers: workers, duration: .milliseconds(Int64(nonce >> 16 & 1023)))
    }

    var requestBytes: Int { 256 * shards }
    var outputBytes: Int { 64 * rowGroups }

    init(number: Int, settings: SimulationSettings, _ random: inout SeededGenerator) {
        id = JobID("job-\(number)")!
        client = Int.random(in: 0..<settings.clients, using: &random)
        isDurable = .random(using: &random)
        priority = .random(in: -2...2, using: &random)
        timeout = isDurable ? .seconds(600) : .seconds(.random(in: 5...60, using: &random))
        submission = Instant(nanoseconds: .random(in: 0...settings.duration.nanoseconds, using: &random))
        rowGroups = .random(in: 1...3, using: &random)
        blocks = .random(in: 1...3, using: &random)
        keysPerBlock = .random(in: 1...4, using: &random)
        work = .milliseconds(.random(in: 1...400, using: &random))
        nonce = random.next()
    }

    func partial(_ shard: Int) -> UInt64 {
        let (group, block) = (shard / blocks, shard % blocks)
        return (block * keysPerBlock..<(block + 1) * keysPerBlock).reduce(0) { $0 &+ number(group, $1) }
    }

    /// What the answer must be, found the other way round: over the keys, not the shards.
    func oracle() -> [UInt64] {
        (0..<rowGroups).map { group in
            (0..<blocks * keysPerBlock).reduce(0) { $0 &+ number(group, $1) }
        }
    }

    /// The number of one key of a row group.
    private func number(_ group: Int, _ key: Int) -> UInt64 {
        var mixer = SeededGenerator(seed: nonce &+ UInt64(group) << 32 &+ UInt64(key))
        return mixer.next()
    }
}
