import Blobs
import Fleet
import Testing

@Suite("Fetching a blob in parts")
struct BlobFetchTests {
    private static let settings: BlobFetch.Settings = {
        var settings = BlobFetch.Settings(largest: 1000)
        (settings.partBytes, settings.window) = (10, 3)
        return settings
    }()

    private func instant(_ seconds: Int) -> Instant { Instant.origin.advanced(by: .seconds(seconds)) }

    @Test("asks for one part, then for as many as the window takes, and each once")
    func order() {
        var fetch = BlobFetch(Self.settings, at: instant(0))
        #expect(fetch.tick(at: instant(0)) == [.ask(offset: 0, length: 10)])
        #expect(fetch.tick(at: instant(1)) == [])
        #expect(
            fetch.received(offset: 0, count: 10, of: 45, at: instant(1)) == [
                .makeRoom(45), .write(offset: 0, count: 10), .ask(offset: 10, length: 10),
                .ask(offset: 20, length: 10), .ask(offset: 30, length: 10),
            ])
        #expect(
            fetch.received(offset: 20, count: 10, of: 45, at: instant(1)) == [
                .write(offset: 20, count: 10), .ask(offset: 40, length: 5),
            ])
        #expect(fetch.received(offset: 40, count: 5, of: 45, at: instant(1)) == [.write(offset: 40, count: 5)])
        #expect(fetch.received(offset: 10, count: 10, of: 45, at: instant(1)) == [.write(offset: 10, count: 10)])
        #expect(
            fetch.received(offset: 30, count: 10, of: 45, at: instant(1)) == [
                .write(offset: 30, count: 10), .complete,
            ])
        #expect(fetch.nextTick == nil && fetch.tick(at: instant(99)) == [])
    }

    @Test("asks again for what does not come, and gives up when nothing does")
    func losses() {
        var fetch = BlobFetch(Self.settings, at: instant(0))
        _ = fetch.tick(at: instant(0))
        #expect(fetch.nextTick == instant(2))
        #expect(fetch.tick(at: instant(2)) == [.ask(offset: 0, length: 10)])
        _ = fetch.received(offset: 0, count: 10, of: 15, at: instant(3))
        #expect(fetch.tick(at: instant(5)) == [.ask(offset: 10, length: 5)])
        #expect(fetch.nextTick == instant(7))
        guard case .fail? = fetch.tick(at: instant(33)).first else {
            Issue.record("nothing new for 30 s")
            return
        }
        #expect(fetch.nextTick == nil)
    }

    @Test(
        "refuses a blob that is too large, of no size, of two sizes, or missing",
        arguments: [[1001], [0], [-5], [40, 41], [nil]] as [[Int?]])
    func wrongSizes(sizes: [Int?]) {
        var fetch = BlobFetch(Self.settings, at: instant(0))
        _ = fetch.tick(at: instant(0))
        var last: [BlobFetch.Action] = []
        for (part, size) in sizes.enumerated() {
            last = fetch.received(offset: part * 10, count: 10, of: size, at: instant(0))
        }
        guard case .fail? = last.last else {
            Issue.record("\(last)")
            return
        }
    }

    @Test("of parts lost, doubled, reordered and misshapen writes each byte once")
    func anyOrder() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let size = Int.random(in: 1...200, using: &random)
            var fetch = BlobFetch(Self.settings, at: instant(0))
            var written = Array(repeating: 0, count: size)
            var onTheWay: [(offset: Int, count: Int)] = []
            var (second, isComplete) = (0, false)
            var actions = fetch.tick(at: instant(0))
            while !isComplete, second < 3000 {
                for action in actions {
                    switch action {
                    case .ask(let offset, let length):
                        // What is asked for first may be longer than the blob is.
                        let count = min(length, size - offset)
                        let copies = Int.random(in: 0...2, using: &random)
                        for _ in 0..<copies { onTheWay.append((offset, count)) }
                        if Int.random(in: 0..<5, using: &random) == 0 {
                            onTheWay.append((offset + 1, max(count - 1, 1)))
                        }
                    case .write(let offset, let count): for byte in offset..<offset + count { written[byte] += 1 }
                    case .complete: isComplete = true
                    case .makeRoom(let bytes): #expect(bytes == size)
                    case .fail(let why): Issue.record("seed \(seed): \(why)")
                    }
                }
                second += 1
                onTheWay.shuffle(using: &random)
                if let part = onTheWay.popLast() {
                    actions = fetch.received(offset: part.offset, count: part.count, of: size, at: instant(second))
                } else {
                    actions = fetch.tick(at: instant(second))
                }
            }
            #expect(isComplete, "seed \(seed)")
            #expect(written.allSatisfy { $0 == 1 }, "seed \(seed)")
        }
    }
}
