import Codecs
import Compute
import Fleet
import Glibc
import Logging
import Models
import Transformer
import Triggers

/// A window at the fleet: its job's answers, of which the last one counts.
struct TriggerWork: Sendable {
    let window: WindowID
    let job: JobID
    let answers: AsyncStream<JobAnswer>
}

/// Sensors' messages in, results out: the shell around `TriggerPipeline`.
extension DispatcherService {
    /// How often what the triggers counted is told.
    static let statsInterval = Duration.seconds(5)

    func handle(_ event: TriggerEvent) {
        guard triggers != nil else { return }
        for action in triggers?.handle(event, at: now) ?? [] {
            switch action {
            case .infer(let job): infer(job)
            case .publish(let message): enqueue(.message(message))
            }
        }
        setTriggerTimer()
    }

    /// Twice as many windows as slots: the next one is there when a slot falls free.
    func updateTriggerCapacity() {
        guard triggers != nil else { return }
        let capacity = 2 * core.liveSlots
        guard capacity != triggerCapacity else { return }
        triggerCapacity = capacity
        handle(TriggerEvent.capacity(capacity))
    }

    /// Waits for a window's job.
    func await(_ work: TriggerWork) async {
        for await answer in work.answers where answer.status.isFinal {
            guard answer.status == .done, let (results, labels) = answer.inference, let result = results.first else {
                logger.warning(
                    "window failed",
                    metadata: ["job": "\(work.job)", "reason": "\(answer.errorMessage ?? "unknown")"])
                return handle(TriggerEvent.failed(work.window))
            }
            var answered = InferenceAnswer(work.job, result, labels)
            answered.workers = answer.report?.objectValue?["workers"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return handle(TriggerEvent.answered(work.window, answered))
        }
        handle(TriggerEvent.failed(work.window))
    }

    private func infer(_ window: WindowJob) {
        lastWindowJob += 1
        let name = "trigger-\(String(options.epoch, radix: 36))-\(lastWindowJob)"
        do {
            guard let job = JobID(name) else { throw JobError(.invalidRequest, "'\(name)' is no job ID") }
            let timeout = window.deadline.map { max(now.duration(to: $0), .milliseconds(1)) }
            let payload = try JobRequest.encode(request(window), as: job, timeout: timeout ?? options.timeout)
            triggerWork.continuation.yield(TriggerWork(window: window.id, job: job, answers: submit(payload)))
        } catch {
            logger.warning("window failed", metadata: ["job": "\(name)", "reason": "\(error)"])
            handle(TriggerEvent.failed(window.id))
        }
    }

    private func request(_ window: WindowJob) throws -> Safetensors {
        var metadata = ["op": InferenceRequest.op, "model": window.model]
        var tensors: [TensorSource] = []
        switch window.input {
        case .text(let text): metadata["inputs"] = JSON.array([.string(text)]).text()
        case .tensor(var values, let channels, let length):
            if !window.isNormalisedByModel,
                case .series(let input)? = options.models[window.model]?.configuration.input,
                input.channels == channels
            {
                // The model standardises what it is given: so that it finds what the trigger has made.
                for place in values.indices {
                    let channel = place / length
                    values[place] = values[place] * input.deviation[channel] + input.mean[channel]
                }
            }
            tensors = [TensorSource("x", .f32, shape: [1, channels, length], values)]
        }
        return try Safetensors(parsing: Safetensors.encode(metadata: metadata, tensors: tensors))
    }

    private func setTriggerTimer() {
        let due = triggers?.nextTimer
        guard due != triggerTimerDue else { return }
        triggerTimerDue = due
        triggerTimer?.cancel()
        guard let due else { return }
        let wake = start.advanced(by: Instant.origin.duration(to: due))
        triggerTimer = Task { [clock] in
            do { try await clock.sleep(until: wake) } catch { return }
            self.triggerTimerFired()
        }
    }

    private func triggerTimerFired() {
        triggerTimerDue = nil
        handle(TriggerEvent.tick)
    }

    /// Tells every few seconds what the triggers counted.
    func publishTriggerStats() async {
        guard triggers != nil else { return }
        while !Task.isCancelled {
            if let stats = triggers?.stats {
                let json: JSON = [
                    "protocol": .string(ProtocolVersion.current), "load": JSON(machineLoad), "triggers": stats,
                ]
                enqueue(
                    .update(
                        Message(
                            topic: topics.dispatcherStats(options.id), payload: json.encoded(),
                            contentType: "application/json", expiry: 15)))
            }
            do { try await clock.sleep(for: Self.statsInterval) } catch { return }
        }
    }
}

/// The machine's load average over one minute.
private var machineLoad: Double {
    var loads = [0.0]
    return getloadavg(&loads, 1) == 1 ? loads[0] : 0
}

extension InferenceAnswer {
    init(_ job: JobID, _ result: EncoderResult, _ labels: [String]) {
        switch result {
        case .embedding(let row): self.init(job: job.text, embedding: row)
        case .logits(let logits):
            self.init(job: job.text, labels: labels, scores: EncoderResult.probabilities(logits))
        }
    }
}
