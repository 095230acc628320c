import Codecs

/// An attempt at a shard as a trace shows it.
struct TracedTask {
    var shard: Int
    var worker: String
    var name: String
    /// When it was with the worker, or on its way, in microseconds since the job came.
    var span: Range<Int>
    /// Nil where only the whole is known.
    var way: TaskWay?
    /// Until when its result was checked and merged; nil if none was.
    var merged: Int?
    var arguments: [(String, JSON)]
}

extension TracedTask {
    /// The attempt whose result counted, as an element of a report's `shards` tells it; nil if there was none.
    /// - Throws: `JSONError`: a time that is missing, negative or in the wrong order.
    init?(measured shard: JSON.Object) throws(JSONError) {
        let worker = try shard.string("worker")
        guard !worker.isEmpty else { return nil }
        let (index, attempt) = (try shard.natural("shard"), try shard.natural("attempt"))
        let (sent, done) = (try shard.microseconds("sent_ms"), try shard.microseconds("done_ms"))
        let received = try shard.optionalMicroseconds("received_ms") ?? done
        guard sent <= received else { throw shard.mismatch("sent_ms", "at most the time it was received") }
        guard received <= done else { throw shard.mismatch("received_ms", "at most the time it was done") }
        let (queued, computing) = (try shard.microseconds("queued_ms"), try shard.microseconds("compute_ms"))
        let bytes = (try shard.natural("bytes_sent"), try shard.natural("bytes_received"))
        self.init(
            shard: index, worker: worker, name: Self.name(index, attempt), span: sent..<received,
            way: TaskWay(
                sent: sent, received: received, queued: queued, computing: computing, bytesSent: bytes.0,
                bytesReceived: bytes.1),
            merged: done,
            arguments: [("shard", JSON(index)), ("attempt", JSON(attempt))] + shard.place + [
                ("bytes_sent", JSON(bytes.0)), ("bytes_received", JSON(bytes.1)),
                ("queued_ms", JSON(microseconds: queued)),
                ("compute_ms", JSON(microseconds: computing)),
            ])
    }

    /// The same shard as it was predicted; nil where nothing was.
    /// - Parameter planned: when the plan was there: what is predicted counts from then on.
    /// - Throws: `JSONError`, as above.
    init?(predicted shard: JSON.Object, planned: Int) throws(JSONError) {
        guard let worker = try shard.optionalString("planned_worker"),
            let sent = try shard.optionalMicroseconds("predicted_sent_ms"),
            let queued = try shard.optionalMicroseconds("predicted_queued_ms"),
            let begun = try shard.optionalMicroseconds("predicted_begun_ms"),
            let computing = try shard.optionalMicroseconds("predicted_compute_ms"),
            let done = try shard.optionalMicroseconds("predicted_done_ms")
        else { return nil }
        // Each is rounded by itself: an end may be a microsecond early.
        let computed = begun + computing
        let way = TaskWay(
            sent: planned + sent, arrived: planned + max(begun - queued, sent), begun: planned + begun,
            computed: planned + computed, received: planned + (abs(done - computed) <= 2 ? max(done, computed) : done))
        guard let way else { throw shard.mismatch("predicted_done_ms", "times in the order of a task's way") }
        let index = try shard.natural("shard")
        self.init(
            shard: index, worker: worker, name: "shard \(index)", span: way.sent..<way.received, way: way, merged: nil,
            arguments: [("shard", JSON(index))] + shard.place)
    }

    /// An attempt that did not count.
    /// - Parameters:
    ///   - end: when it was given up.
    ///   - reason: why.
    init(lost attempt: JSON.Object, of shard: Int, end: Int, reason: String) throws(JSONError) {
        let (number, sent) = (try attempt.natural("attempt"), try attempt.microseconds("sent_ms"))
        self.init(
            shard: shard, worker: try attempt.string("worker"), name: "\(Self.name(shard, number)), in vain",
            span: sent..<max(sent, end), way: nil, merged: nil,
            arguments: [("shard", JSON(shard)), ("attempt", JSON(number)), ("reason", .string(reason))])
    }

    private static func name(_ shard: Int, _ attempt: Int) -> String {
        attempt > 1 ? "shard \(shard), attempt \(attempt)" : "shard \(shard)"
    }
}
