// What is written is what is read, and a reader takes what later minor versions and other writers add.

import Codecs
import Fleet
import Testing

@Suite("Round trips") struct RoundTripTests {
    @Test("Births and heartbeats, full and bare")
    func workers() throws {
        #expect(try WorkerInfo(decoding: Samples.info.encoded()) == Samples.info)
        #expect(try WorkerStats(decoding: Samples.stats.encoded()) == Samples.stats)
        let bare = Array(#"{"protocol":"1.0","incarnation":1,"slots":1}"#.utf8)
        #expect(
            try WorkerInfo(decoding: bare)
                == WorkerInfo(
                    incarnation: Incarnation(1), version: "", slots: 1, prefetch: 0, memory: 0, instructionSet: ""))
        #expect(
            try WorkerStats(decoding: Array(#"{"protocol":"1","incarnation":1}"#.utf8))
                == WorkerStats(incarnation: Incarnation(1)))
    }

    @Test("What a JSON message has beyond this version is ignored")
    func unknownMembers() throws {
        let stats = try WorkerStats(
            decoding: Array(
                #"{"protocol":"1.7","incarnation":1,"battery":0.4,"leases":["1-2","what"],"load":null}"#.utf8))
        #expect(stats == WorkerStats(incarnation: Incarnation(1), leases: [LeaseToken(epoch: 1, number: 2)]))
        let nulls = Array(#"{"protocol":"1.0","incarnation":1,"running":null,"leases":null}"#.utf8)
        #expect(try WorkerStats(decoding: nulls) == WorkerStats(incarnation: Incarnation(1)))
    }

    @Test("Control messages", arguments: [Control.cancel(Samples.lease), .drain])
    func control(_ control: Control) throws {
        #expect(try Control(decoding: control.encoded()) == control)
    }

    @Test("Statuses", arguments: [Presence.online, .offline])
    func presence(_ presence: Presence) throws {
        #expect(try Presence(decoding: presence.message(topic: "t").payload) == presence)
    }

    @Test("Tasks, in every type that workers read", arguments: [TensorType.f32, .f16, .bf16])
    func task(type: TensorType) throws {
        let payload = try Samples.task(type: type)
        #expect(try TaskMessage.header(of: payload) == Samples.header)
        let task = try TaskMessage(decoding: payload)
        #expect(task.header == Samples.header)
        #expect(task.attributes == TaskAttributes(scale: 0.5, windowLast: 1))
        #expect([task.queryHeads, task.kvHeads, task.queries, task.keys] == [2, 1, 1, 2])
        #expect([task.headSize, task.valueHeadSize] == [1, 1])
        #expect(task.mask?.shape == [1, 1, 2])
    }

    @Test("Every field of a task, and none")
    func taskAttributes() throws {
        for attributes in [Samples.allAttributes, TaskAttributes(scale: -1)] {
            #expect(try TaskMessage(decoding: Samples.task(mask: nil, attributes)).attributes == attributes)
        }
        for output in [TaskAttributes.ScoreOutput.raw, .capped, .biased] {
            let attributes = TaskAttributes(scale: 1, windowFirst: .min, windowLast: .max, scoreOutput: output)
            #expect(try TaskMessage(decoding: Samples.task(attributes)).attributes == attributes)
        }
    }

    @Test("A scale keeps every bit", arguments: [Float.leastNonzeroMagnitude, -0.1, 1 / 3, .greatestFiniteMagnitude])
    func scale(_ scale: Float) throws {
        #expect(try TaskMessage(decoding: Samples.task(TaskAttributes(scale: scale))).attributes.scale == scale)
    }

    @Test("Results of each status")
    func results() throws {
        let done = try ResultMessage(decoding: Samples.result())
        #expect(done.status == .done && done.lease == Samples.lease && done.incarnation == Incarnation(7))
        #expect(done.job == Samples.job && done.shard == 2 && done.attempt == 1)
        #expect(done.queued == .microseconds(12) && done.compute == .milliseconds(3))
        #expect(done.tensors?["lse"]?.shape == [1, 1])
        let refused = try ResultMessage(decoding: ResultMessage.encodeRefused(Samples.header, code: "busy"))
        #expect(refused.status == .refused(code: "busy") && refused.tensors == nil && refused.queued == .zero)
        let failed = try ResultMessage(decoding: ResultMessage.encodeFailed(Samples.header, code: "c", reason: "é\n"))
        #expect(failed.status == .failed(code: "c", reason: "é\n"))
    }

    @Test("A result that waited or was computed for hours, or for ever, can be read")
    func longResults() throws {
        let result = try ResultMessage(
            decoding: ResultMessage.encodeDone(
                Samples.header, queued: .seconds(2 * 3600), compute: .seconds(Int64.max), tensors: []))
        #expect(result.queued == .seconds(2 * 3600))
        // What the writer's nanoseconds can hold, in whole microseconds.
        #expect(result.compute == .microseconds(Int64.max / 2 / 1000))
        let payload = try Samples.changing(Samples.result(), ["queued_us": String(UInt64.max)])
        #expect(try ResultMessage(decoding: payload).queued == .microseconds(Int64.max))
    }

    @Test("A worker's reasons are cut to a bounded length")
    func longReasons() throws {
        let long = String(repeating: "é", count: 100_000)
        let payload = try ResultMessage.encodeFailed(Samples.header, code: long, reason: long)
        guard case .failed(let code, let reason) = try ResultMessage(decoding: payload).status else {
            Issue.record("not failed")
            return
        }
        #expect(code.count == 64 && reason.count == 1024)
    }

    @Test("Job requests, full and bare")
    func requests() throws {
        let request = try JobRequest(decoding: Samples.request())
        #expect(request.id == Samples.job && request.op == "Attention" && request.outputs == ["Y"])
        #expect(request.timeout == .seconds(2) && request.priority == -5 && request.wantsUpdates)
        #expect(request.tensors.metadata["is_causal"] == "1" && request.tensors.tensors.count == 3)
        let bare = try JobRequest(decoding: Samples.fields(["job": "x", "outputs": "Y, present_key"]))
        #expect(bare.outputs == ["Y", "present_key"])
        #expect(bare.timeout == nil && bare.priority == 0 && !bare.wantsUpdates)
        #expect(JobRequest.claimedID(try Samples.request()) == Samples.job)
        #expect(JobRequest.claimedID([1, 2, 3]) == nil)
    }

    @Test("Two requests that differ in one byte have different digests")
    func digests() throws {
        let payload = try Samples.request()
        let digest = try JobRequest(decoding: payload).digest
        #expect(try JobRequest(decoding: payload).digest == digest)
        var digests: Set<UInt64> = [digest]
        for index in payload.count - 12..<payload.count {
            for bit in 0..<8 {
                var other = payload
                other[index] ^= 1 << bit
                digests.insert(try JobRequest(decoding: other).digest)
            }
        }
        #expect(digests.count == 1 + 12 * 8)
    }

    @Test("Answers of each status, known error codes and unknown ones")
    func answers() throws {
        let failed = try JobAnswer(decoding: Samples.answer())
        #expect(failed.job == "j1" && failed.status == .failed && failed.status.isFinal)
        #expect(failed.errorCode == "no-worker" && failed.errorMessage == "say \"so\"")
        #expect(failed.report == ["shards": 3] && failed.tensors?["Y"]?.shape == [1, 1])
        for status in [JobAnswer.Status.accepted, .progress, .done] {
            let answer = try JobAnswer(decoding: JobAnswer.encode(job: "", status: status))
            #expect(answer.status == status && answer.job.isEmpty && answer.report == nil)
            #expect(answer.status.isFinal == (status == .done))
        }
        let payload = try Samples.changing(Samples.answer(), ["error": "of-the-future"])
        #expect(try JobAnswer(decoding: payload).errorCode == "of-the-future")
    }
}
