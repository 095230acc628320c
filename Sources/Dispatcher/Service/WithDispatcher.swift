public import Logging
public import Fleet

/// Runs a dispatcher within this process, for as long as `body` runs: a program's own tensors then go straight to the workers
/// instead of to a dispatcher first.
///
///     let answer = try await withMosquitto(address, options: options.client) { transport in
///         try await withDispatcher(options, transport: transport, logger: logger) { dispatcher in
///             await dispatcher.hasWorkers(within: .seconds(2))
///             return await dispatcher.run(try JobRequest.encode(tensors, as: job))
///         }
///     }
///
/// - Parameters:
///   - options: with `isEmbedded` it takes no jobs but these. Its ID must be nobody else's at the broker.
///   - transport: opened with `options.client`.
/// - Throws: what `body` throws, or `TransportError` if the dispatcher could not begin.
public func withDispatcher<Result: Sendable>(
    _ options: DispatcherOptions, transport: any Transport, logger: Logger,
    _ body: (DispatcherService) async throws -> Result
) async throws -> Result {
    let (born, birth) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let dispatcher = DispatcherService(options, transport: transport, logger: logger) { birth.yield() }
    // Not a child: when the caller is cancelled it still takes back what was begun.
    let running = Task {
        defer { birth.finish() }
        try await dispatcher.run()
    }
    for await _ in born {
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(dispatcher)) } catch { result = .failure(error) }
        await dispatcher.drain()
        try await running.value
        return try result.get()
    }
    running.cancel()
    try await running.value
    throw CancellationError()
}

extension DispatcherService {
    /// Waits until there are workers with that many slots together, or the time is up.
    /// - Returns: whether there are.
    @discardableResult
    public func hasWorkers(slots: Int = 1, within bound: Duration) async -> Bool {
        let end = clock.now.advanced(by: bound)
        while core.liveSlots < slots, clock.now < end {
            do { try await clock.sleep(for: .milliseconds(5)) } catch { break }
        }
        return core.liveSlots >= slots
    }

    /// Runs a job to its end, which may be a failure. A caller that is cancelled cancels the job.
    /// - Parameter payload: a job request, as it would go to the job topic.
    public func run(_ payload: [UInt8], onUpdate: @Sendable (JobAnswer) -> Void = { _ in }) async -> JobAnswer {
        let (answers, waiter) = begin(payload)
        for await answer in answers {
            if answer.status.isFinal { return answer }
            onUpdate(answer)
        }
        let job = JobRequest.claimedID(payload)
        if let job { handle(.withdrawn(job, .local(waiter))) }
        return JobAnswer(
            job: job ?? JobID("none")!, failure: JobError(.cancelled, "waiting for the job was given up"))
    }
}
