@testable import Dispatcher
import Fleet
import Testing

@Suite("A worker's speed") struct SpeedTableTests {
    private let small = ShapeClass(kind: 0, flops: 1e6)
    private let large = ShapeClass(kind: 0, flops: 1e9)

    @Test("is what it was probed at, until there is an observation; nothing at all is known without either")
    func probe() {
        var table = SpeedTable()
        #expect(table.speed(small) == nil)
        table.probed = 7e9
        #expect(table.speed(small) == 7e9)
        table.record(flops: 1e6, seconds: 1e-3, small)
        #expect(isClose(table.speed(small), 1e9))
    }

    @Test("is that of the nearest class of the same operator, never that of another operator")
    func nearest() {
        var table = SpeedTable()
        table.probed = 7e9
        table.record(flops: 1e6, seconds: 1e-3, small)
        table.record(flops: 1e9, seconds: 0.1, large)
        #expect(isClose(table.speed(ShapeClass(kind: 0, flops: 1e7)), 1e9))
        #expect(isClose(table.speed(ShapeClass(kind: 0, flops: 1e8)), 1e10))
        #expect(table.speed(ShapeClass(kind: 1, flops: 1e6)) == 7e9)
    }

    @Test("follows what is observed, and forgets how it was")
    func decay() {
        var table = SpeedTable()
        for _ in 0..<50 { table.record(flops: 1e9, seconds: 1, large) }
        for _ in 0..<20 { table.record(flops: 1e9, seconds: 2, large) }
        #expect(abs((table.speed(large) ?? 0) / 5e8 - 1) < 0.01)
    }

    @Test("is a mean that one observation hardly moves, and two alike that are far off begin anew")
    func outliers() {
        var table = SpeedTable()
        for index in 0..<32 { table.record(flops: 1e9, seconds: index % 2 == 0 ? 0.7 : 1.3, large) }
        #expect(abs((table.speed(large) ?? 0) / 1e9 - 1) < 0.03)
        table.record(flops: 1e9, seconds: 4, large)
        #expect((table.speed(large) ?? 0) > 0.7e9)
        table.record(flops: 1e9, seconds: 4, large)
        #expect(isClose(table.speed(large), 0.25e9))
    }

    @Test("takes after classes near to each other, the larger more")
    func neighbours() {
        var table = SpeedTable()
        let next = ShapeClass(kind: 0, flops: 1.5e9)
        for _ in 0..<4 { table.record(flops: 1e9, seconds: 1, large) }
        for _ in 0..<4 { table.record(flops: 1e9, seconds: 2, next) }
        #expect(large.distance(to: next) == 1)
        // One at its own weight, the other at √½ of it, and at √½³.
        #expect(isClose(table.speed(large), 1e9 * 1.7071 / (1 + 2 * 0.7071)))
        #expect(isClose(table.speed(next), 1e9 * 1.35355 / (2 + 0.35355)))
    }

    @Test("is not moved by nonsense, nor by more classes than are remembered")
    func nonsense() {
        var table = SpeedTable()
        for seconds in [0, -1, .nan, .infinity] { table.record(flops: 1e9, seconds: seconds, large) }
        table.record(flops: 0, seconds: 1, large)
        #expect(table.speed(large) == nil)
        for number in 0..<200 {
            table.record(flops: 1e9, seconds: 1, ShapeClass(number: UInt16(number)))
            table.record(flops: 1e9, seconds: 1, large)
        }
        #expect(isClose(table.speed(large), 1e9))
    }
}

@Suite("A link") struct LinkMeterTests {
    @Test("is what was assumed until messages were seen")
    func assumed() {
        let link = LinkMeter(assumed: Link(roundTrip: 2e-3, bytesPerSecond: 5e7)).link
        #expect(abs(link.roundTrip - 2e-3) < 1e-9 && abs(link.bytesPerSecond / 5e7 - 1) < 1e-6)
    }

    @Test(
        "is told apart into round trip and bandwidth by messages of different sizes",
        arguments: [1e5, 1e6, 1.25e7, 1e9])
    func line(bytesPerSecond: Double) {
        var meter = LinkMeter(assumed: Link(roundTrip: 1e-3, bytesPerSecond: 1e8))
        for index in 0..<200 {
            let bytes = [1000, 100_000, 3_000_000][index % 3]
            meter.record(bytes: bytes, seconds: 0.004 + Double(bytes) / bytesPerSecond)
        }
        #expect(abs(meter.link.roundTrip / 0.004 - 1) < 0.05)
        #expect(abs(meter.link.bytesPerSecond / bytesPerSecond - 1) < 0.05)
    }

    @Test("keeps the bandwidth it had while all messages are of one size")
    func oneSize() {
        var meter = LinkMeter(assumed: Link(roundTrip: 1e-3, bytesPerSecond: 1e8))
        for _ in 0..<10 { meter.record(bytes: 1000, seconds: 0.010) }
        #expect(meter.link.roundTrip > 5e-3 && meter.link.roundTrip <= 0.0101)
        #expect(meter.link.bytesPerSecond > 5e6)
    }

    @Test("expects of the sizes it saw what it saw, though the line through them would begin below zero")
    func belowZero() {
        var meter = LinkMeter(assumed: Link(roundTrip: 1e-4, bytesPerSecond: 1e9))
        for index in 0..<100 {
            let (bytes, seconds) = index % 2 == 0 ? (500_000, 0.001) : (600_000, 0.003)
            meter.record(bytes: bytes, seconds: seconds)
        }
        let expected = [500_000.0, 600_000].map { meter.link.roundTrip + $0 / meter.link.bytesPerSecond }
        #expect(meter.link.roundTrip == 0 && abs((expected[0] + expected[1]) / 0.004 - 1) < 0.1, "\(expected)")
    }

    @Test("never has a negative round trip or bandwidth, whatever is observed")
    func nonsense() {
        var random = SeededGenerator(seed: 3)
        var meter = LinkMeter(assumed: Link(roundTrip: 1e-3, bytesPerSecond: 1e8))
        for _ in 0..<2000 {
            let seconds = [0, -1, .nan, .infinity, Double.random(in: 0...10, using: &random)].randomElement(
                using: &random)
            meter.record(bytes: Int.random(in: 0...1 << 28, using: &random), seconds: seconds ?? 0)
            #expect(meter.link.roundTrip >= 0 && meter.link.roundTrip.isFinite && meter.link.bytesPerSecond > 0)
        }
    }
}

@Suite("A dispatcher's messages to itself") struct EchoProbeTests {
    private func isIgnored(_ payload: [UInt8], _ probe: inout EchoProbe) -> Bool {
        probe.received(payload, at: 9) == nil
    }

    /// - Parameters:
    ///   - way: seconds there and back of one alone, by its bytes.
    ///   - pace: between those sent at once.
    private func findings(way: (Int) -> Double, pace: Double) throws -> [EchoProbe.Finding] {
        var probe = EchoProbe()
        var (findings, time): ([EchoProbe.Finding], Double) = ([], 0)
        var burst = probe.start(at: 0)
        while !burst.isEmpty {
            time += way(burst[0].count)
            var next: [[UInt8]] = []
            for (index, payload) in burst.enumerated() {
                if index > 0 { time += pace }
                let answer = probe.received(payload, at: time)
                let received = try #require(answer)
                if let finding = received.finding { findings.append(finding) }
                next = received.next
            }
            burst = next
        }
        #expect(isIgnored([], &probe))
        return findings
    }

    @Test("tell the round trip and the pace of small ones, then of larger ones, each size rehearsed once")
    func sizes() throws {
        let found = try findings(way: { _ in 0.001 }, pace: 0.0002)
        #expect(found.count == 12)
        for (index, finding) in found.enumerated() {
            let size = [16, 65_536, 1 << 20][index / 4]
            switch finding {
            case .roundTrip(let bytes, let seconds):
                #expect(index % 4 < 2 && bytes == size && abs(seconds - 0.001) < 1e-9)
            case .pace(let bytes, let seconds):
                #expect(index % 4 >= 2 && bytes == size && abs(seconds - 0.0002) < 1e-9)
            }
        }
    }

    @Test("are small ones only where that is asked for")
    func brief() {
        var probe = EchoProbe()
        #expect(!probe.mayRepeat(at: 0), "there is no connection yet")
        var (sizes, burst) = (Set<Int>(), probe.start(at: 0, isBrief: true))
        #expect(!probe.mayRepeat(at: 1) && probe.mayRepeat(at: 6))
        while !burst.isEmpty {
            sizes.formUnion(burst.map(\.count))
            burst = burst.compactMap { probe.received($0, at: 0.001)?.next }.last ?? []
        }
        #expect(sizes == [16] && probe.mayRepeat(at: 1))
    }

    @Test("do not burden a slow way with more")
    func slow() throws {
        let slow = try findings(way: { _ in 0.1 }, pace: 0.1)
        #expect(slow.count == 1)
        let small = try findings(way: { _ in 0.001 }, pace: 0.001).prefix(4)
        let slowWithMore = try findings(way: { $0 > 16 ? 0.05 : 0.001 }, pace: 0.001)
        #expect(slowWithMore.count == 5)
        if case .roundTrip(65_536, let seconds) = slowWithMore.last { #expect(abs(seconds - 0.05) < 1e-9) }
        #expect(slowWithMore.dropLast() == small[...])
    }

    @Test("that are doubled, changed, out of order or of an earlier connection do not count")
    func strangers() throws {
        var probe = EchoProbe()
        let first = probe.start(at: 0)[0]
        #expect(isIgnored([1, 2, 3], &probe))
        #expect(isIgnored(first.dropLast() + [9], &probe))
        let second = probe.start(at: 5)[0]
        #expect(isIgnored(first, &probe))
        var next = probe.received(second, at: 5.001)?.next ?? []
        #expect(isIgnored(second, &probe))
        while next.count == 1 { next = probe.received(next[0], at: 5.001)?.next ?? [] }
        #expect(next.count > 2 && isIgnored(next[1], &probe))
    }

    @Test("leave the bandwidth of a slow way, where only small ones are sent at once, to those sent alone")
    func paceOfSmallOnes() {
        var meter = FleetMeter()
        for _ in 0..<20 {
            meter.record(.roundTrip(bytes: 16, seconds: 1e-3))
            meter.record(.pace(bytes: 16, seconds: 2e-5))
            meter.record(.roundTrip(bytes: 65_536, seconds: 0.101))
        }
        #expect(abs(meter.broker.bytesPerSecond / 1.31e6 - 1) < 0.1)
    }

    @Test("make the broker's bandwidth that at which messages follow each other")
    func pace() {
        var meter = FleetMeter()
        #expect(meter.messageSeconds == nil)
        for _ in 0..<20 {
            for bytes in [16, 65_536, 1 << 20] {
                meter.record(.roundTrip(bytes: bytes, seconds: 4e-4 + Double(bytes) / 1e8))
                meter.record(.pace(bytes: bytes, seconds: 2e-5 + Double(bytes) / 6e8))
            }
        }
        #expect(abs(meter.broker.roundTrip / 4e-4 - 1) < 0.05)
        #expect(abs(meter.broker.bytesPerSecond / 6e8 - 1) < 0.05)
        #expect(abs((meter.messageSeconds ?? 0) / 2e-5 - 1) < 0.3)
    }
}

@Suite("What is known of a fleet") final class FleetMeterTests {
    private let shape = ShapeClass(kind: 0, flops: 1e9)
    private var clock = 0.0

    private func observe(_ meter: inout FleetMeter, _ worker: String, seconds: Double, onTheWay: Double, bytes: Int) {
        clock += 100
        meter.record(
            FleetMeter.Observation(
                flops: 1e9, shape: shape, taskBytes: bytes, resultBytes: 0, departed: clock,
                received: clock + seconds + onTheWay + 0.5, queued: 0.5, computed: seconds), at: peer(worker))
    }

    @Test("comes from results: computing and the way are told apart, waiting is neither")
    func results() throws {
        var meter = FleetMeter()
        for bytes in Array(repeating: [1000, 2_000_000], count: 60).flatMap({ $0 }) {
            observe(&meter, "pi", seconds: 0.25, onTheWay: 0.02 + Double(bytes) / 1e7, bytes: bytes)
        }
        let profile = meter.profile([WorkerLoad(id: peer("pi"), slots: 2, outstanding: [])], shape)
        let pi = try #require(profile.workers.first)
        #expect(abs(pi.speed / 4e9 - 1) < 1e-6 && pi.slots == 2 && pi.backlog == 0)
        // Less what is the broker's.
        #expect(abs(pi.link.roundTrip + profile.broker.roundTrip - 0.02) < 2e-3)
        #expect(abs(pi.link.bytesPerSecond / 1e7 - 1) < 0.1)
    }

    @Test("tells waiting for others' messages from the way: behind those of all at the broker, of its own at the link")
    func turns() throws {
        var meter = FleetMeter()
        for _ in 0..<20 {
            for bytes in [16, 1 << 20] { meter.record(.pace(bytes: bytes, seconds: Double(bytes) / 1e8)) }
        }
        // Two tasks each to two workers, sent at once, on links of 10 MB/s behind a broker of 100.
        let bytes = 1_000_000
        for job in 0..<60 {
            let start = Double(100 * job)
            let turns = (0..<4).map { _ in meter.departure(bytes: bytes, at: start) }
            #expect(abs(turns[3] - start - 0.03) < 3e-3)
            for (index, turn) in turns.enumerated() {
                let way = 1e-3 + Double(bytes) / 1e8 + Double(bytes) / 1e7
                // The second of each worker waits until the link is free.
                let received = index < 2 ? turn + way : turns[index - 2] + way + Double(bytes) / 1e7
                meter.record(
                    FleetMeter.Observation(
                        flops: 1e9, shape: shape, taskBytes: bytes, resultBytes: 0, departed: turn, received: received,
                        queued: 0, computed: 0), at: peer(index.isMultiple(of: 2) ? "a" : "b"))
            }
        }
        for worker in meter.profile(["a", "b"].map { WorkerLoad(id: peer($0), slots: 1, outstanding: []) }, shape)
            .workers
        {
            let seconds = worker.link.roundTrip + Double(bytes) / worker.link.bytesPerSecond
            #expect(abs(seconds / 0.1 - 1) < 0.1, "\(seconds)")
        }
    }

    @Test("of a worker that was never seen computing is what it measured itself, or what is typical of the others")
    func strangers() {
        var meter = FleetMeter()
        for name in ["a", "b", "c"] { observe(&meter, name, seconds: 0.5, onTheWay: 0, bytes: 0) }
        meter.told(peer("probed"), ["attention": 9e9, "unknown": 1])
        let loads =
            ["probed", "new"].map { WorkerLoad(id: peer($0), slots: 1, outstanding: []) }
            + [WorkerLoad(id: peer("a"), slots: 1, outstanding: [])]
        let speeds = meter.profile(loads, shape).workers.map(\.speed)
        #expect(zip(speeds, [9e9, 9e9, 2e9]).allSatisfy { isClose($0, $1) })
    }

    @Test("has what a worker still has to do, and a part of its memory as the most for one message")
    func load() {
        var meter = FleetMeter()
        meter.born(peer("a"), memory: 1 << 30)
        observe(&meter, "a", seconds: 0.5, onTheWay: 0, bytes: 0)
        let loads = [WorkerLoad(id: peer("a"), slots: 2, outstanding: [shape, shape, shape])]
        let worker = meter.profile(loads, shape).workers[0]
        // Classes are half an octave wide.
        #expect(abs(worker.backlog / 0.75 - 1) < 0.25)
        #expect(worker.mostBytes == 1 << 27)
    }
}

/// Equal but for the rounding of a quotient or two.
private func isClose(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 / expected - 1) < 1e-12 } ?? false
}
