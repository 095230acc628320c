import Fleet
import Testing

@testable import Triggers

@Suite("Batches of windows")
struct WindowBatchesTests {
    /// Ready windows, made by a pipeline, as they come from it.
    private func windows(_ count: Int, model: String = "m", sensor: Int = 0) throws -> [WindowJob] {
        var harness = try PipelineHarness(
            """
            name: t
            topic: sensors/+
            payload: {format: csv}
            window: {length: 1, channels: 1}
            model: \(model)
            result: {topic: "out/{1}"}
            """, capacity: count)
        for number in 0..<count { harness.receive("sensors/\(sensor)-\(number)", "1.5") }
        return harness.jobs
    }

    private func batches(capacity: Int, most: Int = 4) -> WindowBatches {
        var batches = WindowBatches(mostWindows: most)
        batches.capacity = capacity
        return batches
    }

    @Test("A window goes at once while a job may; what comes meanwhile goes together, oldest first")
    func gathering() throws {
        var batches = batches(capacity: 1)
        let windows = try windows(7)
        batches.add(windows[0])
        #expect(batches.next() == [windows[0]])
        for window in windows.dropFirst() { batches.add(window) }
        #expect(batches.next() == nil, "one job is out")
        batches.ended()
        #expect(batches.next() == Array(windows[1...4]))
        #expect(batches.next() == nil)
        batches.ended()
        #expect(batches.next() == Array(windows[5...6]))
        batches.ended()
        #expect(batches.next() == nil, "none waits")
        #expect(batches.windowCapacity == 4)
    }

    @Test("Windows of other models go in jobs of their own, in turn")
    func kinds() throws {
        var batches = batches(capacity: 10)
        let (ones, others) = (try windows(6, model: "a"), try windows(2, model: "b", sensor: 1))
        for window in ones + others { batches.add(window) }
        #expect(batches.next() == Array(ones[..<4]))
        #expect(batches.next() == others)
        #expect(batches.next() == Array(ones[4...]))
        #expect(batches.next() == nil)
    }

    @Test("Without workers nothing goes")
    func noCapacity() throws {
        var batches = batches(capacity: 0)
        for window in try windows(1) { batches.add(window) }
        #expect(batches.next() == nil)
        batches.capacity = 1
        #expect(batches.next()?.count == 1)
    }
}
