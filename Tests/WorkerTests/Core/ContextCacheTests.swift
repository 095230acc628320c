import Codecs
import Fleet
import Testing
@testable import Worker

@Suite("Keys and values kept at a worker") struct ContextCacheTests {
    private let mine = PeerID("mine")!

    private func digest(_ number: UInt8) -> BlobDigest { BlobDigest(bytes: Array(repeating: number, count: 32))! }

    private func context(_ number: UInt8, keys: Int = 8) throws -> AttentionContext {
        try TaskMessage(decoding: taskPayload(digest(number), keys: keys, withContext: true)).context
    }

    private func seconds(_ count: Int64) -> Instant { Instant(nanoseconds: count * 1_000_000_000) }

    @Test("Are found by their digest, by the dispatcher that sent them and by no other")
    func apart() throws {
        var cache = ContextCache(budget: 1 << 20)
        cache.keep(try context(1), of: mine, at: .origin)
        #expect(cache.find(digest(1), of: mine, at: .origin)?.digest == digest(1))
        #expect(cache.find(digest(2), of: mine, at: .origin) == nil)
        #expect(cache.find(digest(1), of: PeerID("other")!, at: .origin) == nil)
    }

    @Test("Those used longest ago go first, and the budget is never exceeded")
    func bounded() throws {
        let size = try context(0).byteCount
        var cache = ContextCache(budget: 3 * size)
        for number in 0..<3 { cache.keep(try context(UInt8(number)), of: mine, at: .origin) }
        _ = cache.find(digest(0), of: mine, at: .origin)
        cache.keep(try context(3), of: mine, at: .origin)
        #expect(cache.byteCount == 3 * size)
        #expect(
            (0..<4).map { cache.find(digest(UInt8($0)), of: mine, at: .origin) != nil } == [true, false, true, true])
        cache.keep(try context(9, keys: 1000), of: mine, at: .origin)
        #expect(cache.count == 3, "what is larger than the budget is not kept, and displaces nothing")
    }

    @Test("The same again takes no more room, and nothing is kept without a budget or a name")
    func notKept() throws {
        var cache = ContextCache(budget: 1 << 20)
        for _ in 0..<2 { cache.keep(try context(1), of: mine, at: .origin) }
        #expect(try cache.count == 1 && cache.byteCount == context(1).byteCount)
        cache.keep(
            try TaskMessage(decoding: taskPayload(nil, keys: 8, withContext: true)).context, of: mine, at: .origin)
        #expect(cache.count == 1)
        var none = ContextCache(budget: 0)
        none.keep(try context(1), of: mine, at: .origin)
        #expect(none.count == 0)
    }

    @Test("What was not used since goes, and its bytes with it")
    func unused() throws {
        var cache = ContextCache(budget: 1 << 20)
        cache.keep(try context(1), of: mine, at: seconds(10))
        cache.keep(try context(2), of: mine, at: seconds(10))
        _ = cache.find(digest(1), of: mine, at: seconds(50))
        cache.dropUnused(since: seconds(50))
        #expect(cache.find(digest(1), of: mine, at: seconds(50)) != nil && cache.count == 1)
        cache.dropUnused(since: seconds(51))
        #expect(cache.count == 0 && cache.byteCount == 0)
    }
}

/// One head, one query that scores all keys alike; values 1, 2, 3, …
func taskPayload(
    _ context: BlobDigest?, keys: Int, withContext: Bool, lease: UInt64 = 1
) throws -> [UInt8] {
    let values = (1...keys).map(Float.init)
    var tensors = [TensorSource("Q", .f32, shape: [1, 1, 1], [Float(0)])]
    if withContext {
        tensors += [
            TensorSource("K", .f32, shape: [1, keys, 1], values), TensorSource("V", .f32, shape: [1, keys, 1], values),
        ]
    }
    return try TaskMessage.encode(
        TaskHeader(
            job: JobID("j")!, shard: 0, attempt: 1, lease: LeaseToken(epoch: 1, number: lease),
            incarnation: Incarnation(7)), TaskAttributes(scale: 1), context: context, tensors: tensors)
}
