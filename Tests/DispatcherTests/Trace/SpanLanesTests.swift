@testable import Dispatcher
import Fleet
import Testing

@Suite("Lanes of spans") struct SpanLanesTests {
    @Test("Spans one after the other share the first lane; one that overlaps gets the next")
    func example() {
        #expect(SpanLanes([0..<10, 10..<20, 15..<30, 20..<25]).lanes == [0, 0, 1, 0])
        #expect(SpanLanes([Range<Double>]()).count == 0)
    }

    @Test("No two in one lane overlap, and there are as many lanes as spans overlap at some time", arguments: 0..<50)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let spans = (0..<Int.random(in: 0...60, using: &random)).map { _ in
            let start = Int.random(in: 0...50, using: &random)
            return start..<start + Int.random(in: 1...20, using: &random)
        }
        let lanes = SpanLanes(spans)
        for one in spans.indices {
            for other in spans.indices where other < one && lanes.lanes[one] == lanes.lanes[other] {
                #expect(!spans[one].overlaps(spans[other]))
            }
        }
        let most = (0...70).map { time in spans.count { $0.contains(time) } }.max() ?? 0
        #expect(lanes.count == most)
    }
}
