import Codecs
import Fleet
import Logging
import Models

/// Answers going out to whoever waits.
extension DispatcherService {
    /// Lays out a job's final answer, and drops its data.
    func conclude(_ id: JobID, _ outcome: JobOutcome) {
        let job = jobs.removeValue(forKey: id)
        let elapsed = job.map { $0.start.duration(to: now) } ?? .zero
        let report = job.map { $0.report.json(job: id, op: $0.request.op, elapsed: elapsed, $0.work) }
        do throws(SafetensorsError) {
            switch outcome {
            case .done:
                guard var job else { return }
                logger.info("job done", metadata: ["job": "\(id)", "elapsed_ms": "\(elapsed.inMilliseconds)"])
                answers[id] = try JobAnswer.encode(
                    job: id.text, status: .done, report: report,
                    tensors: job.work.outputs())
            case .failed(let error):
                logger.warning("job failed", metadata: ["job": "\(id)", "reason": "\(error)"])
                answers[id] = try JobAnswer.encode(job: id.text, status: .failed, error: error, report: report)
            }
        } catch {
            logger.error("an answer could not be laid out", metadata: ["job": "\(id)", "reason": "\(error)"])
        }
    }

    /// Hands the final answer of a job over; nothing comes after it.
    func deliver(_ id: JobID, to waiters: [JobWaiter]) {
        guard let answer = answers[id] else { return enqueue(JournalWork(id, .deliver(waiters))) }
        deliver(answer, id, to: waiters)
    }

    func deliver(_ payload: [UInt8], _ id: JobID?, to waiters: [JobWaiter]) {
        for waiter in waiters {
            switch waiter.route {
            case .topic(let topic, let correlation):
                let message = message(to: topic, correlation, payload, waiter)
                enqueue(id.map { .answer(message, $0) } ?? .update(message))
            case .local(let number):
                guard let continuation = localWaiters.removeValue(forKey: number) else { continue }
                if let answer = decode(payload) { continuation.yield(answer) }
                continuation.finish()
            }
        }
    }

    /// Tells a waiter that its job is not done for it.
    func refuse(_ waiter: JobWaiter, job: String, _ error: JobError) {
        logger.warning("job refused", metadata: ["job": "\(job)", "reason": "\(error)"])
        do throws(SafetensorsError) {
            deliver(try JobAnswer.encode(job: job, status: .failed, error: error), nil, to: [waiter])
        } catch {
            logger.error("an answer could not be laid out", metadata: ["reason": "\(error)"])
        }
    }

    /// Tells a waiter who wants to know how its job is doing.
    func update(_ waiter: JobWaiter, _ id: JobID, _ status: JobAnswer.Status, _ report: JSON? = nil) {
        guard waiter.wantsUpdates else { return }
        let payload: [UInt8]
        do throws(SafetensorsError) {
            payload = try JobAnswer.encode(job: id.text, status: status, dispatcher: options.id, report: report)
        } catch {
            return logger.error("an update could not be laid out", metadata: ["reason": "\(error)"])
        }
        switch waiter.route {
        case .topic(let topic, let correlation):
            var message = message(to: topic, correlation, payload, waiter)
            message.qos = status == .accepted ? .atLeastOnce : .atMostOnce
            enqueue(.update(message))
        case .local(let number):
            if let answer = decode(payload) { localWaiters[number]?.yield(answer) }
        }
    }

    func progress(_ id: JobID, _ report: () -> JSON) {
        let waiters = core.waiters(of: id).filter(\.wantsUpdates)
        guard !waiters.isEmpty else { return }
        let report = report()
        for waiter in waiters { update(waiter, id, .progress, report) }
    }

    private func message(
        to topic: String, _ correlation: [UInt8]?, _ payload: [UInt8], _ waiter: JobWaiter
    ) -> Message {
        if waiter.wantsJSON, let answer = decode(payload) {
            return Message(
                topic: topic, payload: answer.json.encoded(), qos: .atLeastOnce, correlationData: correlation,
                contentType: "application/json")
        }
        return Message(
            topic: topic, payload: payload, qos: .atLeastOnce, correlationData: correlation,
            contentType: JobAnswer.contentType)
    }

    private func decode(_ payload: [UInt8]) -> JobAnswer? {
        do { return try JobAnswer(decoding: payload) } catch {
            logger.error("an answer could not be read back", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}
