import Codecs

/// What a job's report tells of its course, in microseconds since the job came: `docs/wire.md` has the members.
struct ReportedJob {
    let id: String
    let op: String
    /// When its request was read and cut.
    let planned: Int
    let elapsed: Int
    /// How long it was to take from then on.
    let predicted: Int?
    /// Attempts that counted, and those that did not.
    private(set) var tasks: [TracedTask] = []
    private(set) var predictedTasks: [TracedTask] = []
    /// Retries and hedges.
    private(set) var incidents: [Incident] = []

    struct Incident {
        let name: String
        let time: Int
        let arguments: [(String, JSON)]
    }

    /// - Throws: `JSONError`, which names the member: missing, of another type, or no time of a job.
    init(_ json: JSON.Object) throws(JSONError) {
        id = try json.string("job")
        op = try json.optionalString("op") ?? ""
        elapsed = try json.microseconds("elapsed_ms")
        planned = try json.optionalMicroseconds("planned_ms") ?? 0
        predicted = try json.optionalObject("plan")?.optionalMicroseconds("predicted_ms")
        let retries = try Retries(json)
        incidents = try retries.incidents + Self.hedges(json)
        for shard in try json.objects("shards") {
            let counted = try TracedTask(measured: shard)
            if let counted { tasks.append(counted) }
            if let task = try TracedTask(predicted: shard, planned: planned) { predictedTasks.append(task) }
            guard shard["other_attempts"] != nil else { continue }
            for attempt in try shard.objects("other_attempts") {
                tasks.append(try lost(attempt, try shard.natural("shard"), overtakenAt: counted?.merged, retries))
            }
        }
    }

    private func lost(
        _ attempt: JSON.Object, _ shard: Int, overtakenAt done: Int?, _ retries: Retries
    ) throws(JSONError) -> TracedTask {
        if let retry = retries[shard, try attempt.natural("attempt")] {
            return try TracedTask(lost: attempt, of: shard, end: retry.time, reason: retry.reason)
        }
        return try TracedTask(
            lost: attempt, of: shard, end: done ?? elapsed,
            reason: done == nil ? "the job ended before" : "another attempt was done first")
    }

    private static func hedges(_ json: JSON.Object) throws(JSONError) -> [Incident] {
        guard json["hedges"] != nil else { return [] }
        var incidents: [Incident] = []
        for hedge in try json.objects("hedges") {
            let shard = try hedge.natural("shard")
            incidents.append(
                Incident(
                    name: "hedge of shard \(shard)", time: try hedge.microseconds("at_ms"),
                    arguments: [
                        ("shard", JSON(shard)), ("worker", .string(try hedge.string("worker"))),
                        ("after_ms", JSON(microseconds: try hedge.microseconds("after_ms"))),
                    ]))
        }
        return incidents
    }
}

/// The attempts that failed.
private struct Retries {
    private struct Key: Hashable {
        let shard: Int
        let attempt: Int
    }

    private var ends: [Key: (time: Int, reason: String)] = [:]
    private(set) var incidents: [ReportedJob.Incident] = []

    init(_ json: JSON.Object) throws(JSONError) {
        guard json["retries"] != nil else { return }
        for retry in try json.objects("retries") {
            let key = Key(shard: try retry.natural("shard"), attempt: try retry.natural("attempt"))
            let (time, reason) = (try retry.microseconds("at_ms"), try retry.string("reason"))
            ends[key] = (time, reason)
            incidents.append(
                ReportedJob.Incident(
                    name: "retry of shard \(key.shard)", time: time,
                    arguments: [
                        ("shard", JSON(key.shard)), ("worker", .string(try retry.string("worker"))),
                        ("attempt", JSON(key.attempt)), ("reason", .string(reason)),
                    ]))
        }
    }

    subscript(shard: Int, attempt: Int) -> (time: Int, reason: String)? { ends[Key(shard: shard, attempt: attempt)] }
}
