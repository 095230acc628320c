import Codecs
import Compute
import Fleet
import Logging

/// A result that passed validation, on its way into its job.
struct ReceivedOutput {
    let output: ShardOutput
    let queued: Duration
    let compute: Duration
    let bytes: Int
    /// When it came.
    let received: Instant
}

/// Results of workers, looked into before they count.
extension DispatcherService {
    func received(result: ResultMessage, _ worker: PeerID) {
        measuringEffort {
            take(result, worker)
            return worker == LocalWorker.id ? nil : result.tensors?.bytes.count
        }
    }

    /// Notes what the dispatcher itself has to do for a message, less what it does for others meanwhile.
    ///
    /// - Parameter work: returns the message's bytes; nil if there is none that would count.
    func measuringEffort(_ work: () -> Int?) {
        let (began, others) = (clock.now, effort)
        let bytes = work()
        let own = began.duration(to: clock.now) - (effort - others)
        effort += own
        if let bytes { meter.handled(bytes: bytes, seconds: own / .seconds(1)) }
    }

    private func take(_ result: ResultMessage, _ worker: PeerID) {
        let received = now
        var output: ReceivedOutput?
        let outcome: TaskEnd.Outcome
        switch result.status {
        case .refused(ResultMessage.missing):
            contexts.emptied(worker, before: result.lease.number)
            outcome = .missing
        case .refused(let code): outcome = .refused(code: code)
        case .failed(let code, let reason): outcome = .failed(code: code, message: reason)
        case .done where core.isProbe(result.lease, at: worker): outcome = probed(result, worker)
        case .done:
            // A stale result is not worth looking into: the scheduler drops it.
            if let key = core.shard(under: result.lease, at: worker) {
                do throws(InvalidPartial) {
                    output = try validated(result, key, worker, received)
                    measure(result, key, worker)
                    outcome = .done
                } catch {
                    outcome = .invalid(reason: error.description)
                }
            } else {
                outcome = .done
            }
        }
        let end = TaskEnd(
            worker: worker, incarnation: result.incarnation, lease: result.lease, outcome: outcome,
            transit: transit(of: result, received))
        handle(.fleet(.taskEnded(end)), output: output)
    }

    /// How long a task and its result were on their way; by a worker that is believed in this only as far as nothing but
    /// patience depends on it.
    private func transit(of result: ResultMessage, _ received: Instant) -> Duration {
        guard let start = core.start(of: result.lease) else { return .zero }
        return max(start.duration(to: received) - result.queued - result.compute, .zero)
    }

    /// Notes how long a good result was on its way, and how long its worker computed.
    private func measure(_ result: ResultMessage, _ key: ShardKey, _ worker: PeerID) {
        guard let job = jobs[key.job], let tensors = result.tensors,
            let attempt = job.report.shards[key.shard].attempts.last(where: { $0.number == result.attempt })
        else { return }
        let flops = job.work.flops(of: key.shard)
        meter.record(
            FleetMeter.Observation(
                flops: flops, shape: ShapeClass(kind: job.work.shapeKind, flops: flops),
                taskBytes: attempt.bytes, resultBytes: worker == LocalWorker.id ? 0 : tensors.bytes.count,
                departed: seconds - (job.start.duration(to: now) - attempt.departed) / .seconds(1), received: seconds,
                queued: result.queued / .seconds(1), computed: result.compute / .seconds(1)),
            at: worker)
    }

    private func probed(_ result: ResultMessage, _ worker: PeerID) -> TaskEnd.Outcome {
        guard let probe = probes.removeValue(forKey: worker), probe.lease == result.lease else {
            return .refused(code: "unknown-probe")
        }
        return probe.flaw(of: result).map { .invalid(reason: $0) } ?? .done
    }

    func send(_ probe: Probe) {
        do {
            let task = try ProbeTask(probe)
            probes[probe.worker] = task
            enqueue(
                .task(
                    Message(
                        topic: topics.task(worker: probe.worker, dispatcher: options.id), payload: task.payload,
                        contentType: JobAnswer.contentType), probe.lease))
        } catch {
            logger.error("a probe could not be laid out", metadata: ["reason": "\(error)"])
        }
    }

    /// Checks a result against the shard its lease stands for.
    private func validated(
        _ result: ResultMessage, _ key: ShardKey, _ worker: PeerID, _ received: Instant
    ) throws(InvalidPartial) -> ReceivedOutput {
        guard jobs[key.job] != nil, let tensors = result.tensors else {
            throw InvalidPartial(description: "it has no tensors")
        }
        guard result.job == key.job, result.shard == key.shard else {
            throw InvalidPartial(description: "it names another shard than its lease")
        }
        guard let output = try jobs[key.job]?.work.validate(tensors, shard: key.shard) else {
            throw InvalidPartial(description: "its job has ended")
        }
        return ReceivedOutput(
            output: output, queued: result.queued, compute: result.compute,
            bytes: worker == LocalWorker.id ? 0 : tensors.bytes.count,
            received: received)
    }

    func keep(_ received: ReceivedOutput, _ key: ShardKey) {
        guard let start = jobs[key.job]?.start else { return }
        jobs[key.job]?.work.take(received.output, shard: key.shard)
        jobs[key.job]?.report.bytesReceived += received.bytes
        jobs[key.job]?.report.shards[key.shard].received = start.duration(to: received.received)
        jobs[key.job]?.report.shards[key.shard].done = start.duration(to: now)
        jobs[key.job]?.report.shards[key.shard].queued = received.queued
        jobs[key.job]?.report.shards[key.shard].compute = received.compute
        jobs[key.job]?.report.shards[key.shard].bytesReceived = received.bytes
    }
}
