import Codecs
public import Fleet
import Logging
import Models
import Transformer

/// Requests coming in, from the job topic and from this process.
extension DispatcherService {
    /// Runs a job for a caller in this process: updates, then the final answer, then the stream ends.
    ///
    /// A caller that stops listening does not stop the job.
    public func submit(_ payload: [UInt8]) -> AsyncStream<JobAnswer> { begin(payload).answers }

    /// - Returns: also the number of the wait, to give it up by.
    func begin(_ payload: [UInt8]) -> (answers: AsyncStream<JobAnswer>, waiter: UInt64) {
        let (stream, continuation) = AsyncStream<JobAnswer>.makeStream()
        lastLocalWaiter += 1
        localWaiters[lastLocalWaiter] = continuation
        submit(payload, .local(lastLocalWaiter), client: "local")
        return (stream, lastLocalWaiter)
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
        let route = JobWaiter.Route.topic(responseTopic, correlation: message.correlationData)
        let client = topics.client(answeredOn: responseTopic)
        guard JobRequest.isJSON(message.payload) else { return submit(message.payload, route, client: client) }
        do throws(JobError) {
            let payload = try JobRequest.safetensors(fromJSON: message.payload)
            submit(payload, route, client: client, wantsJSON: true)
        } catch {
            refuse(JobWaiter(route, wantsUpdates: false, wantsJSON: true), job: "", error)
        }
    }

    /// A client's word on a job of its own: it speaks for the wait on its response topic.
    func received(control message: Message) throws(MessageError) {
        guard let responseTopic = message.responseTopic else { return }
        let control = try JobControl(decoding: message.payload)
        let route = JobWaiter.Route.topic(responseTopic, correlation: message.correlationData)
        switch control.command {
        case .cancel: handle(.withdrawn(control.job, route))
        case .release: handle(.released(control.job, route))
        }
    }

    /// A response topic within the fleet's root would let a client speak with the dispatcher's voice.
    private func mayAnswer(on topic: String) -> Bool {
        guard !topic.isEmpty, !topic.contains(where: { $0 == "#" || $0 == "+" || $0 == "\0" }) else { return false }
        return !topic.hasPrefix("attn/") || topic.hasPrefix(topics.root + "/answer/")
    }

    private func submit(
        _ payload: [UInt8], _ route: JobWaiter.Route, client: String, wantsJSON: Bool = false
    ) {
        do throws(JobError) {
            let request = try JobRequest(decoding: payload)
            if request.isDurable, journal == nil {
                throw JobError(.unsupported, "this dispatcher has no journal for durable jobs: give it --journal")
            }
            if request.isDurable, wantsJSON {
                throw JobError(.unsupported, "a durable job's request must be safetensors, not JSON")
            }
            guard outgoingBytes <= options.outgoingBytes else {
                throw JobError(
                    .busy, "\(outgoingBytes) bytes wait to be published: send the job again later",
                    retryAfter: .seconds(1))
            }
            let timeout = request.timeout ?? (request.isDurable ? options.durableTimeout : options.timeout)
            let ticket = JobTicket(
                id: request.id, digest: request.digest, bytes: payload.count, priority: request.priority,
                isDurable: request.isDurable, deadline: now.advanced(by: timeout), client: client)
            incoming = request
            handle(.requested(ticket, JobWaiter(route, wantsUpdates: request.wantsUpdates, wantsJSON: wantsJSON)))
            incoming = nil
        } catch {
            refuse(
                JobWaiter(route, wantsUpdates: false, wantsJSON: wantsJSON),
                job: JobRequest.claimedID(payload)?.text ?? "", error)
        }
    }

    /// Reads and cuts the request in hand.
    func prepare(_ id: JobID) -> DispatcherEvent {
        guard let request = incoming, request.id == id else {
            return .unfit(id, JobError(.invalidRequest, "job \(id) has no request"))
        }
        return prepare(request)
    }

    func prepare(_ request: JobRequest) -> DispatcherEvent {
        do throws(JobError) {
            let came = now
            let work = try work(request)
            jobs[request.id] = RunningJob(request, work, start: came, planned: came.duration(to: now))
            return .prepared(
                request.id,
                PreparedJob(
                    shards: work.shardCount, shardsPerStage: work.shardsPerStage, outputBytes: work.outputBytes,
                    leaseDuration: leaseDuration(flops: work.shardFlops, residentBytes: work.residentBytes),
                    shapeClass: ShapeClass(kind: work.shapeKind, flops: work.shardFlops),
                    residencyKeys: work.residencyKeys, reservations: work.reservations, transit: work.transit))
        } catch {
            return .unfit(request.id, error)
        }
    }

    private func work(_ request: JobRequest) throws(JobError) -> any JobWork {
        if request.op == InferenceRequest.op { return try work(InferenceRequest(request, options.models)) }
        if request.op == MultiHeadAttentionWork.op {
            return try MultiHeadAttentionWork(
                request, options.models, slots: max(core.liveSlots, 1), messageBytes: options.messageBytes)
        }
        let attention = try AttentionRequest(request)
        try checkAnswer(attention)
        return try work(attention)
    }

    /// Cut for the workers that there are, as they have been measured; evenly while there is none.
    private func work(_ attention: AttentionRequest) throws(JobError) -> AttentionWork {
        let (problem, limits) = (attention.problem, limits)
        let kind = attention.op == .attention ? 0 : 1
        let shape = ShapeClass(kind: kind, flops: problem.flops / Double(max(core.liveSlots, 1)))
        let profile = meter.profile(core.loads, shape, underWay: (jobs.count, bytesUnderWay))
        let (request, plan) = try attention.planned(for: profile, limits)
        if let plan { return AttentionWork(request, plan.plan, prediction: plan) }
        var even = limits
        even.wire = request.wire
        return AttentionWork(request, try planAttention(problem, limits: even))
    }

    private func work(_ inference: InferenceRequest) throws(JobError) -> any JobWork {
        let pieces = InferencePieces(
            shares: Array(repeating: 1, count: max(core.liveSlots, 1)),
            mostRows: options.messageBytes / (4 * inference.configuration.hiddenSize))
        switch inference.strategy {
        case .replicate, .auto: return ReplicatedInference(inference, pieces)
        case .positions: return PositionsInference(inference, pieces)
        case .heads:
            do throws(ModelError) {
                let cut = ModelSlice.cut(inference.configuration, shares: pieces.shares)
                return HeadsInference(
                    inference, try slices.archives(of: cut, inference.model), mostRows: pieces.mostRows)
            } catch {
                throw JobError(.invalidRequest, error.message)
            }
        }
    }

    /// Of the messages that jobs under way have yet to send and to get.
    private var bytesUnderWay: Double {
        jobs.values.reduce(0) { sum, job in
            let left = 1 - Double(job.report.done) / Double(max(job.work.shardCount, 1))
            return sum + Double(job.work.messageBytes) * left
        }
    }

    private var limits: PlanLimits {
        // Room for the header and the MQTT packet around the tensors.
        let overhead = 4096
        let packet = transport.maximumPacketSize.map { max($0 - overhead, 1) } ?? .max
        return PlanLimits(
            slots: core.liveSlots, messageBytes: options.messageBytes, packetBytes: packet)
    }

    /// What could never be delivered is not worth computing.
    private func checkAnswer(_ attention: AttentionRequest) throws(JobError) {
        let packet = transport.maximumPacketSize ?? Message.maximumPacketSize
        guard attention.answerBytes <= packet else {
            throw JobError(
                .tooLarge,
                "the outputs take \(attention.answerBytes) bytes, and the broker lets \(packet) through")
        }
    }
}

extension FleetTopics {
    /// Whose share a job uses that is answered on that topic: the user that has logged in, else the client, else whoever
    /// reads there.
    func client(answeredOn topic: String) -> String {
        guard case .answer(let client, let user) = parse(topic) else { return topic }
        return (user ?? client).text
    }
}
