import Codecs
import Testing

@testable import Fleet

@Suite("Tasks of models")
struct ModelTaskTests {
    private let header = TaskHeader(
        op: "Infer", job: JobID("job")!, shard: 3, attempt: 2, lease: LeaseToken(epoch: 5, number: 7),
        incarnation: Incarnation(9))
    private let digest = BlobDigest(bytes: Array(1...32))!

    @Test(
        "name what is wanted of the model, whatever the job's operator",
        arguments: [
            (ModelTask.Piece.whole, "Infer"), (.layer(4, rows: 2..<9), "EncoderLayer"),
            (.attention(layer: 4), "EncoderAttention"), (.feedForward(layer: 0), "EncoderFeedForward"),
        ])
    func roundTrip(piece: ModelTask.Piece, op: String) throws {
        let task = try ModelTask(decoding: ModelTask.encode(header, model: digest, piece, tensors: []))
        #expect(task.piece == piece && task.model == digest)
        #expect(task.header.op == op && task.header.shard == 3 && task.header.lease == header.lease)
    }

    @Test("ranges have one spelling", arguments: ["", "1", "-1-2", "1--2", "2-1", "1-1", "1-2-3", "a-b", "1-2 "])
    func ranges(text: String) throws {
        #expect(Range(text: text) == nil)
        var metadata = header.metadata
        metadata.merge(["op": "EncoderLayer", "model": digest.description, "layer": "0", "rows": text]) { $1 }
        let payload = try Safetensors.encode(metadata: metadata, tensors: [])
        let error = #expect(throws: MessageError.self) { _ = try ModelTask(decoding: payload) }
        #expect(error?.code == .malformed)
    }
}
