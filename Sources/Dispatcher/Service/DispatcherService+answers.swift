import Codecs
import Fleet
import Logging

/// Answers going out to whoever waits.
extension DispatcherService {
    func finish(_ id: JobID, _ outcome: JobOutcome) {
        guard let job = jobs.removeValue(forKey: id) else { return }
        jobBytes -= job.bytes
        let elapsed = job.start.duration(to: now)
        let report = job.report.json(job: id, op: job.request.op, elapsed: elapsed)
        let payload: [UInt8]
        do throws(SafetensorsError) {
            switch outcome {
            case .done:
                logger.info(
                    "job done", metadata: ["job": "\(id)", "elapsed_ms": "\(elapsed.inMilliseconds)"])
                payload = try JobAnswer.encode(
                    job: id.text, status: .done, report: report,
                    tensors: job.assembly.sources(for: job.attention))
                answers.insert(id, digest: job.request.digest, payload: payload, at: now)
            case .failed(let error):
                logger.warning("job failed", metadata: ["job": "\(id)", "reason": "\(error)"])
                payload = try JobAnswer.encode(job: id.text, status: .failed, error: error, report: report)
            }
        } catch {
            logger.error("an answer could not be laid out", metadata: ["job": "\(id)", "reason": "\(error)"])
            return
        }
        for waiter in job.waiters { deliver(payload, id, to: waiter) }
    }

    /// The scheduler did not admit a job whose data is already here.
    func refuse(_ id: JobID, _ error: JobError) { finish(id, .failed(error)) }

    func answer(_ waiter: Waiter, job: String, error: JobError) {
        do throws(SafetensorsError) {
            let payload = try JobAnswer.encode(job: job, status: .failed, error: error)
            deliver(payload, JobID(job), to: waiter)
        } catch {
            logger.error("an answer could not be laid out", metadata: ["reason": "\(error)"])
        }
    }

    /// Hands a final answer over; nothing comes after it.
    func deliver(_ payload: [UInt8], _ id: JobID?, to waiter: Waiter) {
        switch waiter {
        case .topic(let topic, let correlation, _):
            let message = Message(
                topic: topic, payload: payload, qos: .atLeastOnce, correlationData: correlation,
                contentType: JobAnswer.contentType)
            outgoing.continuation.yield(id.map { .answer(message, $0) } ?? .message(message))
        case .local(let continuation):
            if let answer = decode(payload) { continuation.yield(answer) }
            continuation.finish()
        }
    }

    /// Tells a waiter who wants to know how its job is doing.
    func update(_ waiter: Waiter, _ id: JobID, _ status: JobAnswer.Status, _ report: JSON? = nil) {
        guard waiter.wantsUpdates else { return }
        let payload: [UInt8]
        do throws(SafetensorsError) {
            payload = try JobAnswer.encode(job: id.text, status: status, report: report)
        } catch {
            return logger.error("an update could not be laid out", metadata: ["reason": "\(error)"])
        }
        switch waiter {
        case .topic(let topic, let correlation, _):
            outgoing.continuation.yield(
                .message(
                    Message(
                        topic: topic, payload: payload, qos: status == .accepted ? .atLeastOnce : .atMostOnce,
                        correlationData: correlation, contentType: JobAnswer.contentType)))
        case .local(let continuation): if let answer = decode(payload) { continuation.yield(answer) }
        }
    }

    func progress(_ id: JobID, _ report: () -> JSON) {
        guard let waiters = jobs[id]?.waiters.filter(\.wantsUpdates), !waiters.isEmpty else { return }
        let report = report()
        for waiter in waiters { update(waiter, id, .progress, report) }
    }

    /// An answer that the broker does not let through is replaced by an error that it does.
    func answerFailed(_ message: Message, _ id: JobID, _ error: TransportError) {
        guard error.code == .tooLarge else { return }
        do throws(SafetensorsError) {
            let failure = JobError(.tooLarge, "the answer is too large for the broker: \(error.message)")
            var message = message
            message.payload = try JobAnswer.encode(job: id.text, status: .failed, error: failure)
            outgoing.continuation.yield(.message(message))
        } catch {
            logger.error("an answer could not be laid out", metadata: ["reason": "\(error)"])
        }
    }

    private func decode(_ payload: [UInt8]) -> JobAnswer? {
        do { return try JobAnswer(decoding: payload) } catch {
            logger.error("an answer could not be read back", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}
