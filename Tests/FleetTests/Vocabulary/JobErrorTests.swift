// The stable codes of failures: programs act on them, so their spelling and what they say of a retry are fixed.

import Fleet
import Testing

@Suite("Job errors") struct JobErrorTests {
    @Test("Every code keeps its spelling, and says whether the same request may succeed later")
    func codes() {
        let retryable = Dictionary(
            uniqueKeysWithValues: JobError.Code.allCases.map { ($0.rawValue, JobError($0, "").isRetryable) })
        let expected = [
            "invalid-request": false, "unsupported": false, "job-conflict": false, "busy": true, "shutting-down": true,
            "no-worker": true, "deadline-exceeded": true, "shard-failed": false, "poison": false, "cancelled": false,
            "too-large": false, "no-dispatcher": true, "no-answer": true, "journal": true,
        ]
        #expect(retryable == expected)
    }

    @Test("A message's codes keep their spelling")
    func messageCodes() {
        #expect(
            MessageError.Code.allCases.map(\.rawValue)
                == ["malformed", "unknown-protocol-version", "invalid", "unsupported", "missing"])
    }

    @Test("An error reads as its code and its sentence")
    func text() {
        #expect(JobError(.noWorker, "start one").description == "no-worker: start one")
    }
}
