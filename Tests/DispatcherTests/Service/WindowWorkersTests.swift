import Codecs
import Testing

@testable import Dispatcher

@Suite("A window's result names the workers that computed it")
struct WindowWorkersTests {
    private let runs: JSON = [
        "workers": ["a", "b"],
        "shards": [
            ["shard": 0, "sequences": [0, 2], "worker": "a"], ["shard": 1, "sequences": [2, 3], "worker": "b"],
        ],
    ]

    @Test("and not those that computed other windows of the same job")
    func runsOfSequences() {
        #expect(runs.workers(ofSequence: 0) == ["a"])
        #expect(runs.workers(ofSequence: 1) == ["a"])
        #expect(runs.workers(ofSequence: 2) == ["b"])
        #expect(runs.workers(ofSequence: 3) == [])
    }

    @Test("all that had rows of it, where a job is cut otherwise")
    func rows() {
        let report: JSON = ["shards": [["rows": [0, 9], "worker": "b"], ["rows": [9, 20], "worker": "a"]]]
        #expect(report.workers(ofSequence: 0) == ["a", "b"])
    }

    @Test("none, where a report has none")
    func nothing() {
        #expect(JSON.null.workers(ofSequence: 0) == [])
    }
}
