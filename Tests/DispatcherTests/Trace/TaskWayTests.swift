@testable import Dispatcher
import Testing

@Suite("Where a worker's work lies between sending and receiving") struct TaskWayTests {
    private func way(
        _ away: Int, queued: Int, computing: Int, bytes: (Int, Int) = (0, 0)
    ) -> TaskWay {
        TaskWay(
            sent: 100, received: 100 + away, queued: queued, computing: computing, bytesSent: bytes.0,
            bytesReceived: bytes.1)
    }

    @Test("What is left of the time away was spent on both ways, on each as much if they carried as much")
    func symmetry() {
        let way = way(1000, queued: 200, computing: 400)
        #expect(way == TaskWay(sent: 100, arrived: 300, begun: 500, computed: 900, received: 1100))
    }

    @Test("The way with more bytes took longer, but a message without any takes time too")
    func bytes() {
        let way = way(1000, queued: 0, computing: 0, bytes: (3 * 32_768, 0))
        #expect(way.arrived == 100 + 800 && way.computed == 900)
    }

    @Test("A worker's clock that runs fast is cut to the time away: the waiting first, then the computing")
    func fastClock() {
        #expect(
            way(1000, queued: 300, computing: 800)
                == TaskWay(sent: 100, arrived: 100, begun: 300, computed: 1100, received: 1100))
        #expect(
            way(1000, queued: 300, computing: 5000)
                == TaskWay(sent: 100, arrived: 100, begun: 100, computed: 1100, received: 1100))
    }

    @Test("Whatever the numbers, the times come one after the other, and durations that fit are kept")
    func order() {
        for away in [0, 1, 2, 7, 1000] {
            for queued in [0, 1, 500, 1 << 50] {
                for computing in [0, 1, 500, 1 << 50] {
                    for bytes in [(0, 0), (Int.max, 0), (0, Int.max), (Int.max, Int.max)] {
                        let way = way(away, queued: queued, computing: computing, bytes: bytes)
                        let ranges = TaskWay.Phase.allCases.map { way.range(of: $0) }
                        #expect(ranges.reduce(0) { $0 + $1.count } == away)
                        guard queued + computing <= away else { continue }
                        #expect(ranges[1].count == queued && ranges[2].count == computing)
                    }
                }
            }
        }
    }
}
