import AttnMath
import Codecs
import Compute
import Fleet
import Testing

@testable import Dispatcher

@Suite("Probes") struct ProbeTaskTests {
    private func probe(number: UInt64 = 5) -> Probe {
        Probe(worker: PeerID("w")!, incarnation: Incarnation(3), lease: LeaseToken(epoch: 7, number: number))
    }

    /// What an honest worker answers, after `change`.
    private func result(
        _ task: ProbeTask, _ change: (inout [Float], inout [Float]) -> Void = { _, _ in }
    ) throws -> ResultMessage {
        let message = try TaskMessage(decoding: task.payload)
        var workspace = Workspace()
        guard
            case .done(let partial) = BlockComputation(message, kernel: .best, cancel: CancelFlag()).run(&workspace)
        else { throw JobError(.shardFailed, "the probe was not computed") }
        var (output, lse) = (partial.output, partial.lse)
        change(&output, &lse)
        return try ResultMessage(
            decoding: ResultMessage.encodeDone(
                message.header, queued: .zero, compute: .zero,
                tensors: Partial(output: output, lse: lse).sources(for: message)))
    }

    @Test("A worker takes a probe for an ordinary task, and its honest partial passes")
    func honest() throws {
        let task = try ProbeTask(probe())
        let header = try TaskMessage(decoding: task.payload).header
        #expect(header.lease == probe().lease)
        #expect(header.incarnation == Incarnation(3))
        #expect(task.flaw(of: try result(task)) == nil)
    }

    @Test("One wrong number does not pass, wherever it is")
    func wrong() throws {
        let task = try ProbeTask(probe())
        for index in [0, 100, 255] {
            #expect(task.flaw(of: try result(task) { output, _ in output[index] += 0.01 }) != nil)
        }
        #expect(task.flaw(of: try result(task) { _, lse in lse[15] -= 0.01 }) != nil)
        #expect(task.flaw(of: try result(task) { output, _ in output[7] = .nan }) != nil)
    }

    @Test("An answer learnt by heart does not pass: each lease has numbers of its own")
    func learnt() throws {
        let (first, second) = (try ProbeTask(probe(number: 5)), try ProbeTask(probe(number: 6)))
        #expect(second.flaw(of: try result(first)) != nil)
    }
}
