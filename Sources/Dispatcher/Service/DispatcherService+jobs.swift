import Codecs
public import Fleet
import Logging

/// Jobs coming in, from the job topic and from this process.
extension DispatcherService {
    /// Runs a job for a caller in this process: updates, then the final answer, then the stream ends.
    ///
    /// A caller that stops listening does not stop the job.
    public func submit(_ payload: [UInt8]) -> AsyncStream<JobAnswer> {
        let (stream, continuation) = AsyncStream<JobAnswer>.makeStream()
        submit(payload) { _ in .local(continuation) }
        return stream
    }

    func received(job message: Message) {
        guard let responseTopic = message.responseTopic else {
            logger.warning("job refused", metadata: ["reason": "it has no response topic to be answered on"])
            return
        }
        guard mayAnswer(on: responseTopic) else {
            logger.warning("job refused", metadata: ["reason": "its response topic is one of the fleet's own"])
            return
        }
        submit(message.payload) { wantsUpdates in
            .topic(responseTopic, correlation: message.correlationData, wantsUpdates: wantsUpdates)
        }
    }

    /// A response topic within the fleet's root would let a client speak with the dispatcher's voice.
    private func mayAnswer(on topic: String) -> Bool {
        guard !topic.isEmpty, !topic.contains(where: { $0 == "#" || $0 == "+" || $0 == "\0" }) else { return false }
        return !topic.hasPrefix("attn/") || topic.hasPrefix(topics.root + "/answer/")
    }

    private func submit(_ payload: [UInt8], _ makeWaiter: (_ wantsUpdates: Bool) -> Waiter) {
        var waiter = makeWaiter(false)
        do throws(JobError) {
            let request = try JobRequest(decoding: payload)
            waiter = makeWaiter(request.wantsUpdates)
            guard !request.isDurable else { throw JobError(.unsupported, "durable jobs are not supported yet") }
            if try join(request, waiter) { return }
            if let refusal = scheduler.refusal(of: request.id) { throw refusal }
            let attention = try AttentionRequest(request)
            try checkAnswer(attention, to: waiter)
            let plan = try planAttention(attention.problem, limits: limits(for: attention))
            try admit(payload.count + attention.problem.outputBytes)
            start(RunningJob(request, attention, plan, start: now, waiter))
        } catch {
            logger.warning("job refused", metadata: ["reason": "\(error)"])
            answer(waiter, job: JobRequest.claimedID(payload)?.text ?? "", error: error)
        }
    }

    /// Whether the request is one that is running or was answered: then its waiter is served.
    private func join(_ request: JobRequest, _ waiter: Waiter) throws(JobError) -> Bool {
        let conflict = JobError(.conflict, "job ID \(request.id) was used for another request")
        if let running = jobs[request.id] {
            guard running.request.digest == request.digest else { throw conflict }
            logger.debug("job joined", metadata: ["job": "\(request.id)"])
            if !running.waiters.contains(where: { $0.isSame(as: waiter) }) {
                jobs[request.id]?.waiters.append(waiter)
            }
            update(waiter, request.id, .accepted)
            return true
        }
        switch answers.lookup(request.id, digest: request.digest, at: now) {
        case .answer(let payload):
            deliver(payload, request.id, to: waiter)
            return true
        case .otherRequest: throw conflict
        case nil: return false
        }
    }

    private func limits(for attention: AttentionRequest) -> PlanLimits {
        // Room for the header and the MQTT packet around the tensors.
        let overhead = 4096
        let packet = transport.maximumPacketSize.map { max($0 - overhead, 1) } ?? .max
        return PlanLimits(
            slots: scheduler.liveSlots, messageBytes: options.messageBytes, packetBytes: packet,
            elementBytes: attention.wireType.byteWidth)
    }

    /// What could never be delivered is not worth computing.
    private func checkAnswer(_ attention: AttentionRequest, to waiter: Waiter) throws(JobError) {
        guard case .topic = waiter else { return }
        let packet = transport.maximumPacketSize ?? Message.maximumPacketSize
        guard attention.answerBytes <= packet else {
            throw JobError(
                .tooLarge,
                "the outputs take \(attention.answerBytes) bytes, and the broker lets \(packet) through")
        }
    }

    private func admit(_ bytes: Int) throws(JobError) {
        guard jobBytes + bytes <= options.maxJobBytes || jobs.isEmpty else {
            throw JobError(.busy, "\(jobBytes) bytes of jobs are under way, the most admitted: try again later")
        }
    }

    private func start(_ job: RunningJob) {
        let id = job.request.id
        let shards = job.plan.shards.count
        logger.info("job accepted", metadata: ["job": "\(id)", "shards": "\(shards)"])
        jobs[id] = job
        jobBytes += job.bytes
        for waiter in job.waiters { update(waiter, id, .accepted) }
        let perShard = job.attention.problem.flops / Double(max(shards, 1))
        handle(
            .jobSubmitted(
                JobSubmission(
                    id: id, shards: shards, leaseDuration: leaseDuration(flops: perShard),
                    timeout: job.request.timeout ?? options.timeout, priority: job.request.priority)))
    }

    /// Ten seconds, and what the shard takes at 0.2 GFLOP/s, slower than any worker worth having.
    private func leaseDuration(flops: Double) -> Duration { .seconds(10) + .seconds(min(flops / 0.2e9, 86_400)) }
}
