public import Codecs
public import Fleet

/// A client of a fleet's job topic, on any transport: sends jobs, and sees to it that each gets an answer.
///
/// A job that no dispatcher has accepted within two seconds is sent again; so is one whose answer may have been lost
/// with a connection, or with the dispatcher that had accepted it. That is safe: the same job ID and request is the same job. One that is refused for
/// now comes again when the dispatcher said, and later each time. One that nobody waits for any more is cancelled.
public actor FleetClient {
    private struct Pending {
        let job: JobID
        let payload: [UInt8]
        let deadline: ContinuousClock.Instant
        let timeout: Duration
        let options: JobOptions
        var policy: ResendPolicy
        var nextSending: ContinuousClock.Instant?
        /// Who has accepted it.
        var dispatcher: PeerID?
        let continuation: AsyncStream<JobAnswer>.Continuation
    }

    private let answerTopic: String
    private let topics: FleetTopics
    private let transport: any Transport
    private let clock = ContinuousClock()
    private var pending: [UInt64: Pending] = [:]
    private var lastCorrelation: UInt64
    /// Correlations of durable jobs that have their answer and are not released.
    private var answered: [JobID: UInt64] = [:]
    private var onlineDispatchers: Set<PeerID> = []
    private var isConnected = false

    /// How long a job may go without being accepted before it is sent again.
    static let resendAfter: Duration = .seconds(2)
    /// How long past a job's timeout the dispatcher's own word is waited for.
    static let grace: Duration = .seconds(2)

    init(answerTopic: String, fleet: PeerID, transport: any Transport) {
        self.answerTopic = answerTopic
        self.transport = transport
        topics = FleetTopics(fleet: fleet)
        lastCorrelation = .random(in: 0...UInt64.max / 2)
    }

    /// Sends a job and gives what is heard of it: updates, then one final answer, then the end.
    ///
    /// - Parameters:
    ///   - tensors: the operator's inputs, with its attributes in the metadata.
    ///   - timeout: how long the job may take; the dispatcher is told.
    /// - Throws: `JobError.invalidRequest` if the tensors cannot be laid out.
    public func submit(
        _ tensors: Safetensors, as job: JobID, timeout: Duration, _ options: JobOptions = JobOptions()
    ) async throws(JobError) -> AsyncStream<JobAnswer> {
        try await begin(tensors, as: job, timeout: timeout, options).answers
    }

    private func begin(
        _ tensors: Safetensors, as job: JobID, timeout: Duration, _ options: JobOptions
    ) async throws(JobError) -> (answers: AsyncStream<JobAnswer>, correlation: UInt64) {
        let payload = try JobRequest.encode(
            tensors, as: job, timeout: timeout, priority: options.priority, isDurable: options.isDurable,
            wantsUpdates: options.wantsUpdates)
        let (stream, continuation) = AsyncStream<JobAnswer>.makeStream()
        lastCorrelation += 1
        let correlation = lastCorrelation
        pending[correlation] = Pending(
            job: job, payload: payload, deadline: clock.now.advanced(by: timeout + Self.grace), timeout: timeout,
            options: options, policy: ResendPolicy(seed: correlation), continuation: continuation)
        continuation.onTermination = { [weak self] _ in
            guard let self else { return }
            Task { await self.abandon(correlation) }
        }
        await send(correlation)
        return (stream, correlation)
    }

    /// Sends a job and waits for its final answer, which may be a failure. A caller that is cancelled cancels the job.
    public func run(
        _ tensors: Safetensors, as job: JobID, timeout: Duration, _ options: JobOptions = JobOptions(),
        onUpdate: @Sendable (JobAnswer) -> Void = { _ in }
    ) async throws(JobError) -> JobAnswer {
        let (answers, correlation) = try await begin(tensors, as: job, timeout: timeout, options)
        for await answer in answers {
            if answer.status.isFinal { return answer }
            onUpdate(answer)
        }
        // In a task of its own, since this one is cancelled, and waited for, since the transport may be closed next.
        await Task { await abandon(correlation) }.value
        throw JobError(.cancelled, "waiting for job \(job) was given up")
    }

    /// Tells the dispatchers that a job's answer, which they keep for whoever asks again, has arrived and is safe.
    ///
    /// Only of use for durable jobs, whose answers are kept for a day. Counts for this client's own requests.
    public func release(_ job: JobID) async {
        guard let correlation = answered.removeValue(forKey: job) else { return }
        await publish(.release, job, correlation)
    }

    /// Nobody listens any more: unless the job is to go on, it is cancelled.
    private func abandon(_ correlation: UInt64) async {
        guard let job = pending.removeValue(forKey: correlation), job.options.isCancelledWithCaller else { return }
        await publish(.cancel, job.job, correlation)
    }

    /// The client is going: nobody will listen any more.
    func abandonAll() async {
        // In a task of its own, since the caller's may be cancelled.
        await Task {
            for correlation in pending.keys.sorted() {
                pending[correlation]?.continuation.finish()
                await abandon(correlation)
            }
        }.value
    }

    private func publish(_ command: JobControl.Command, _ job: JobID, _ correlation: UInt64) async {
        do throws(TransportError) {
            try await transport.publish(
                Message(
                    topic: topics.jobControl, payload: JobControl(command, job).encoded(), qos: .atLeastOnce,
                    responseTopic: answerTopic, correlationData: bytes(of: correlation),
                    contentType: "application/json", expiry: 60))
        } catch {
            // The job runs out its time, or its answer is kept to the end of its own: nothing is lost by it.
        }
    }

    private func send(_ correlation: UInt64) async {
        // All are sent as soon as it is known that there is a connection; before that it would be twice, and with several
        // dispatchers perhaps to two of them.
        guard isConnected, let job = pending[correlation] else { return }
        pending[correlation]?.nextSending = clock.now.advanced(by: Self.resendAfter)
        do throws(TransportError) {
            try await transport.publish(
                Message(
                    topic: topics.job, payload: job.payload, qos: .atLeastOnce,
                    responseTopic: answerTopic, correlationData: bytes(of: correlation),
                    contentType: JobAnswer.contentType))
        } catch  where error.code == .tooLarge {
            fail(correlation, JobError(.tooLarge, "the request is too large for the broker: \(error.message)"))
        } catch {
            // Sent again when the connection is back, or in two seconds.
        }
    }
}

// MARK: - What comes back

extension FleetClient {
    /// Reads the transport until it is closed.
    func receive() async {
        for await event in transport.events {
            switch event {
            case .connected:
                isConnected = true
                await sendAllAgain()
            case .disconnected:
                isConnected = false
                onlineDispatchers = []
            case .message(let message): await received(message)
            }
        }
    }

    /// Sends again what nobody accepted, and gives up what is past its deadline.
    func watch() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: .milliseconds(100)) } catch { return }
            for correlation in pending.keys.sorted() {
                guard let job = pending[correlation] else { continue }
                if job.deadline <= clock.now {
                    fail(correlation, noAnswer(job))
                } else if let next = job.nextSending, next <= clock.now, isConnected {
                    await send(correlation)
                }
            }
        }
    }

    private func received(_ message: Message) async {
        switch topics.parse(message.topic) {
        case .dispatcherStatus(let dispatcher):
            // A word that is neither counts as gone: it is not to be asked for jobs.
            guard (try? Presence(decoding: message.payload)) == .online else {
                onlineDispatchers.remove(dispatcher)
                return await sendAgain(acceptedBy: dispatcher)
            }
            onlineDispatchers.insert(dispatcher)
            // Born anew, it does not know what its earlier life had accepted.
            if !message.retain { await sendAllAgain() }
        case .answer: answered(message)
        default: break
        }
    }

    private func answered(_ message: Message) {
        // Anyone may write to this client's topic: what is no answer to a job of its own leaves the job waiting.
        guard let correlation = message.correlationData.flatMap(number(in:)), let job = pending[correlation],
            let answer = try? JobAnswer(decoding: message.payload), answer.job == job.job.text || answer.job.isEmpty
        else { return }
        pending[correlation]?.nextSending = nil
        pending[correlation]?.dispatcher = answer.dispatcher
        if job.options.comesAgain, ResendPolicy.applies(to: answer), comeAgain(correlation, answer) { return }
        job.continuation.yield(answer)
        guard answer.status.isFinal else { return }
        pending[correlation] = nil
        if job.options.isDurable { self.answered[job.job] = correlation }
        job.continuation.finish()
    }

    /// Lets a job that was refused for now wait for its turn, if its time allows.
    private func comeAgain(_ correlation: UInt64, _ refusal: JobAnswer) -> Bool {
        guard let job = pending[correlation], let wait = pending[correlation]?.policy.wait(hint: refusal.retryAfter),
            clock.now.advanced(by: wait + Self.grace) < job.deadline
        else { return false }
        pending[correlation]?.nextSending = clock.now.advanced(by: wait)
        job.continuation.yield(JobAnswer(job: job.job, refusedBy: refusal, again: wait))
        return true
    }

    /// Their dispatcher is gone: another one is to do them. Not those that it keeps on its disk for its next life.
    private func sendAgain(acceptedBy dispatcher: PeerID) async {
        for correlation in pending.keys.sorted() {
            guard let job = pending[correlation], job.dispatcher == dispatcher, !job.options.isDurable else { continue }
            pending[correlation]?.dispatcher = nil
            await send(correlation)
        }
    }

    private func sendAllAgain() async {
        for correlation in pending.keys.sorted() { await send(correlation) }
    }

    private func noAnswer(_ job: Pending) -> JobError {
        let waited = "no answer within \(job.timeout.inSeconds) s"
        if !isConnected { return JobError(.noAnswer, "\(waited): the connection to the broker is lost") }
        if onlineDispatchers.isEmpty {
            return JobError(
                .noDispatcher, "\(waited): no dispatcher is online under \(topics.root): start one with attn-dispatcher"
            )
        }
        return JobError(.noAnswer, "\(waited), though a dispatcher is online")
    }

    private func fail(_ correlation: UInt64, _ error: JobError) {
        guard let job = pending.removeValue(forKey: correlation) else { return }
        job.continuation.yield(JobAnswer(job: job.job, failure: error))
        job.continuation.finish()
    }
}

private func bytes(of correlation: UInt64) -> [UInt8] {
    withUnsafeBytes(of: correlation.littleEndian) { Array($0) }
}

private func number(in bytes: [UInt8]) -> UInt64? {
    guard bytes.count == 8 else { return nil }
    return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
}
