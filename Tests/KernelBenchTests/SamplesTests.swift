import Testing

@testable import KernelBench

@Suite("Samples")
struct SamplesTests {
    @Test("the median is the middle one, or the mean of the middle two")
    func median() {
        #expect(Samples([3, 1, 2]).median == 2)
        #expect(Samples([4, 1, 3, 2]).median == 2.5)
        #expect(Samples([3, 1, 2]).least == 1)
    }

    @Test("what is over soon is done as often as fills two milliseconds")
    func batches() {
        #expect(Samples.batchSize(for: 1) == 1)
        #expect(Samples.batchSize(for: 2e-3) == 1)
        #expect(Samples.batchSize(for: 1.5e-3) == 2)
        #expect(Samples.batchSize(for: 1e-5) == 200)
        #expect(Samples.batchSize(for: 0) == 20_000)
    }

    @Test("as many samples as asked for, after two runs to warm up")
    func count() async {
        var runs = 0
        let samples = await Samples.measure(3) {
            runs += 1
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(2) {}
        }
        #expect(samples.seconds.count == 3)
        #expect(samples.least >= 2e-3)
        #expect(runs == 5)
    }
}
