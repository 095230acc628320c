// The exact bytes of every message. A change here is a change of the wire: it needs a new protocol version.

import Codecs
import Fleet
import Testing

@Suite("Golden bytes") struct GoldenBytesTests {
    private func expect(_ payload: [UInt8], _ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(String(decoding: payload, as: UTF8.self) == text, sourceLocation: sourceLocation)
    }

    @Test("A worker's birth")
    func info() {
        expect(
            Samples.info.encoded(),
            #"{"protocol":"1.0","incarnation":18446744073709551615,"version":"1.2","slots":4,"prefetch":2,"#
                + #""memory_bytes":8589934592,"context_bytes":65536,"instruction_set":"avx2","labels":{"a":"é","room":"k\"1"},"draining":true,"#
                + #""leases":["1f-a","1-0"]}"#)
    }

    @Test("A worker's heartbeat")
    func stats() {
        expect(
            Samples.stats.encoded(),
            #"{"protocol":"1.0","incarnation":7,"running":3,"free_slots":1,"leases":["1f-a"],"tasks_done":5,"#
                + #""tasks_failed":1,"tasks_refused":2,"messages_dropped":9,"resident_bytes":12000000,"load":0.5,"speeds":{"attention":4500000000.0}}"#
        )
    }

    @Test("Control messages")
    func control() {
        expect(Control.cancel(Samples.lease).encoded(), #"{"protocol":"1.0","command":"cancel","lease":"1f-a"}"#)
        expect(Control.drain.encoded(), #"{"protocol":"1.0","command":"drain"}"#)
    }

    @Test("A status is retained, delivered at least once, and plain text", arguments: [Presence.online, .offline])
    func presence(_ presence: Presence) {
        let message = presence.message(topic: "t")
        expect(message.payload, presence.rawValue)
        #expect(message.retain && message.qos == .atLeastOnce && message.contentType == "text/plain")
    }

    @Test("A task")
    func task() throws {
        let header =
            #"{"__metadata__":{"attempt":"1","incarnation":"7","job":"j1","lease":"1f-a","message":"task","#
            + #""op":"Attention","protocol":"1.0","scale":"0.5","shard":"2","window_last":"1"},"#
            + #""K":{"dtype":"F32","shape":[1,2,1],"data_offsets":[0,8]},"#
            + #""Q":{"dtype":"F32","shape":[2,1,1],"data_offsets":[8,16]},"#
            + #""V":{"dtype":"F32","shape":[1,2,1],"data_offsets":[16,24]},"#
            + #""attn_mask":{"dtype":"BOOL","shape":[1,1,2],"data_offsets":[24,26]}}"#
        #expect(try Samples.task() == Samples.safetensors(header, Array(repeating: 0, count: 24) + [1, 0]))
    }

    @Test("A task with every field, and weights")
    func fullTask() throws {
        let header =
            #"{"__metadata__":{"attempt":"1","incarnation":"7","job":"j1","lease":"1f-a","message":"task","#
            + #""op":"AdditiveAttention","protocol":"1.0","qk_matmul_output":"2","scale":"0.5","shard":"2","#
            + #""softcap":"30.0","softmax_precision":"11","window_first":"-3","window_last":"1"},"#
            + #""K":{"dtype":"F32","shape":[1,1,1],"data_offsets":[0,4]},"#
            + #""Q":{"dtype":"F32","shape":[1,1,1],"data_offsets":[4,8]},"#
            + #""V":{"dtype":"F32","shape":[1,1,1],"data_offsets":[8,12]},"#
            + #""W_key":{"dtype":"F32","shape":[1,1,1],"data_offsets":[12,16]},"#
            + #""W_query":{"dtype":"F32","shape":[1,1,1],"data_offsets":[16,20]},"#
            + #""w_score":{"dtype":"F32","shape":[1,1],"data_offsets":[20,24]}}"#
        let tensors = ["Q", "K", "V", "W_query", "W_key"].map { Samples.zeros($0, .f32, [1, 1, 1]) }
        let payload = try TaskMessage.encode(
            Samples.additiveHeader, Samples.allAttributes,
            tensors: tensors + [Samples.zeros("w_score", .f32, [1, 1])])
        #expect(payload == Samples.safetensors(header, Array(repeating: 0, count: 24)))
    }

    @Test("A task's result")
    func done() throws {
        let header =
            #"{"__metadata__":{"attempt":"1","compute_us":"3000","incarnation":"7","job":"j1","lease":"1f-a","#
            + #""message":"result","protocol":"1.0","queued_us":"12","shard":"2","status":"done"},"#
            + #""O":{"dtype":"F32","shape":[1,1,1],"data_offsets":[0,4]},"#
            + #""lse":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}"#
        #expect(try Samples.result() == Samples.safetensors(header, [0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xff]))
    }

    @Test("A refused and a failed task")
    func notDone() throws {
        let start =
            #"{"__metadata__":{"attempt":"1","code":"c","incarnation":"7","job":"j1","lease":"1f-a","#
            + #""message":"result","protocol":"1.0","#
        let refused = start + #""shard":"2","status":"refused"}}"#
        #expect(try ResultMessage.encodeRefused(Samples.header, code: "c") == Samples.safetensors(refused, []))
        let failed = start + #""reason":"r","shard":"2","status":"failed"}}"#
        #expect(
            try ResultMessage.encodeFailed(Samples.header, code: "c", reason: "r") == Samples.safetensors(failed, []))
    }

    @Test("A job request")
    func request() throws {
        let header =
            #"{"__metadata__":{"deadline_ms":"2000","is_causal":"1","job":"j1","priority":"-5","protocol":"1.0","#
            + #""updates":"true"},"K":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},"#
            + #""Q":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[4,8]},"#
            + #""V":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[8,12]}}"#
        let one: [UInt8] = [0, 0, 0x80, 0x3f]
        #expect(try Samples.request() == Samples.safetensors(header, one + one + one))
    }

    @Test("A job's answer")
    func answer() throws {
        let header =
            #"{"__metadata__":{"error":"no-worker","job":"j1","message":"say \"so\"","protocol":"1.0","#
            + #""report":"{\"shards\":3}","status":"failed"},"Y":{"dtype":"F16","shape":[1,1],"data_offsets":[0,2]}}"#
        #expect(try Samples.answer() == Samples.safetensors(header, [0, 0x3c]))
    }
}
