import Codecs
import Compute
import Fleet
import Glibc
import Logging
import Models
import Transformer
import Triggers

/// Windows at the fleet: their job's answers, of which the last one counts.
struct TriggerWork: Sendable {
    let windows: [WindowID]
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
            case .infer(let window): windowBatches.add(window)
            case .publish(let message): enqueue(.message(message))
            }
        }
        while let windows = windowBatches.next() { infer(windows) }
        setTriggerTimer()
    }

    /// Twice as many jobs as slots: the next one is there when a slot falls free.
    func updateTriggerCapacity() {
        guard triggers != nil else { return }
        let capacity = 2 * core.liveSlots
        guard capacity != windowBatches.capacity else { return }
        windowBatches.capacity = capacity
        handle(TriggerEvent.capacity(windowBatches.windowCapacity))
    }

    /// Waits for the job of some windows.
    func await(_ work: TriggerWork) async {
        for await answer in work.answers where answer.status.isFinal { return took(answer, work) }
        failed(work, reason: "no answer came")
    }

    private func took(_ answer: JobAnswer, _ work: TriggerWork) {
        guard answer.status == .done, let (results, labels) = answer.inference, results.count == work.windows.count
        else { return failed(work, reason: answer.errorMessage ?? "unknown") }
        windowBatches.ended()
        for (index, (window, result)) in zip(work.windows, results).enumerated() {
            let workers = answer.report?.workers(ofSequence: index) ?? []
            handle(TriggerEvent.answered(window, InferenceAnswer(work.job, result, labels, workers)))
        }
    }

    private func failed(_ work: TriggerWork, reason: String) {
        logger.warning(
            "windows failed",
            metadata: ["job": "\(work.job)", "windows": "\(work.windows.count)", "reason": "\(reason)"])
        windowBatches.ended()
        for window in work.windows { handle(TriggerEvent.failed(window)) }
    }

    private func infer(_ windows: [WindowJob]) {
        lastWindowJob += 1
        let name = "trigger-\(String(options.epoch, radix: 36))-\(lastWindowJob)"
        guard let job = JobID(name) else { preconditionFailure("'\(name)' is a job ID") }
        var work = TriggerWork(windows: windows.map(\.id), job: job, answers: AsyncStream { $0.finish() })
        do {
            // As long as the last of them is wanted; those that are not are dropped by the pipeline.
            let deadlines = windows.compactMap(\.deadline)
            let timeout = deadlines.count < windows.count ? nil : deadlines.max().map { now.duration(to: $0) }
            let payload = try JobRequest.encode(
                request(windows), as: job, timeout: max(timeout ?? options.timeout, .milliseconds(1)))
            work = TriggerWork(windows: work.windows, job: job, answers: submit(payload))
        } catch {
            logger.error("windows could not be laid out", metadata: ["job": "\(job)", "reason": "\(error)"])
        }
        triggerWork.continuation.yield(work)
    }

    /// Of windows that are all alike.
    private func request(_ windows: [WindowJob]) throws -> Safetensors {
        let model = windows[0].model
        var metadata = ["op": InferenceRequest.op, "model": model]
        var tensors: [TensorSource] = []
        switch windows[0].input {
        case .text: metadata["inputs"] = JSON.array(windows.map(\.text)).text()
        case .tensor(_, let channels, let length):
            let values = windows.flatMap(values)
            tensors = [TensorSource("x", .f32, shape: [windows.count, channels, length], values)]
        }
        return try Safetensors(parsing: Safetensors.encode(metadata: metadata, tensors: tensors))
    }

    /// The model standardises what it is given: so that it finds what the trigger has made.
    private func values(_ window: WindowJob) -> [Float] {
        guard case .tensor(var values, let channels, let length) = window.input else { return [] }
        guard !window.isNormalisedByModel,
            case .series(let input)? = options.models[window.model]?.configuration.input, input.channels == channels
        else { return values }
        for place in values.indices {
            let channel = place / length
            values[place] = values[place] * input.deviation[channel] + input.mean[channel]
        }
        return values
    }

    private func setTriggerTimer() {
        let due = triggers?.nextTimer.map { start.advanced(by: Instant.origin.duration(to: $0)) }
        triggerTimer.set(due) { await self.triggerTimerFired() }
    }

    private func triggerTimerFired() {
        triggerTimer.woke()
        handle(TriggerEvent.tick)
    }

    /// Measures the way to the broker every few seconds, and tells how the fleet is measured and what the triggers counted.
    func publishStats() async {
        while !Task.isCancelled {
            measureAgain()
            if !options.isEmbedded { publishStatsOnce() }
            do { try await clock.sleep(for: Self.statsInterval) } catch { return }
        }
    }

    private func publishStatsOnce() {
        var json: JSON.Object = ["protocol": .string(ProtocolVersion.current), "load": JSON(machineLoad)]
        if let stats = triggers?.stats { json["triggers"] = stats }
        let loads = core.loads.sorted { $0.id < $1.id }
        if loads.count <= Self.mostWorkersTold { json["fleet"] = meter.profile(loads, Self.toldShape).json }
        enqueue(
            .update(
                Message(
                    topic: topics.dispatcherStats(options.id), payload: JSON.object(json).encoded(),
                    contentType: "application/json", expiry: 15)))
    }

    /// A large fleet's profile would be a large message every few seconds.
    private static let mostWorkersTold = 1000
    /// Speeds are told for shards of attention of 1 GFLOP.
    private static let toldShape = ShapeClass(kind: 0, flops: 1e9)
}

extension WindowJob {
    fileprivate var text: JSON { if case .text(let text) = input { .string(text) } else { .null } }
}

/// The machine's load average over one minute.
private var machineLoad: Double {
    var loads = [0.0]
    return getloadavg(&loads, 1) == 1 ? loads[0] : 0
}

extension InferenceAnswer {
    init(_ job: JobID, _ result: EncoderResult, _ labels: [String], _ workers: [String]) {
        switch result {
        case .embedding(let row): self.init(job: job.text, embedding: row, workers: workers)
        case .logits(let logits):
            self.init(
                job: job.text, labels: labels, scores: EncoderResult.probabilities(logits), workers: workers)
        }
    }
}

extension JSON {
    /// The workers that a job's report names for one of its sequences: whose shards had it, or had some of every sequence.
    func workers(ofSequence index: Int) -> [String] {
        let shards = objectValue?["shards"]?.arrayValue?.compactMap(\.objectValue) ?? []
        let workers = shards.compactMap { shard -> String? in
            if let run = shard["sequences"]?.arrayValue?.compactMap(\.intValue), run.count == 2 {
                guard run[0] <= index, index < run[1] else { return nil }
            }
            return shard["worker"]?.stringValue
        }
        return Set(workers).sorted()
    }
}
