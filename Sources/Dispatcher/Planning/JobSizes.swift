/// A job's whole work and bytes, for estimates.
struct JobSizes {
    let flops: Double
    /// Of Q.
    let queryBytes: Double
    /// Of K and V.
    let keyBytes: Double
    /// Of the partials' O and log-sum-exp, uncut.
    let resultBytes: Double
    /// Key/value heads of all batch rows.
    let heads: Double

    init(_ problem: AttentionProblem, wire: WireFormat) {
        flops = problem.flops
        let (batch, length) = (Double(problem.batch), Double(problem.queryLength))
        queryBytes = batch * length * Double(problem.queryHeads * wire.bytes(row: problem.headSize))
        let row = wire.bytes(row: problem.keySize) + wire.bytes(row: problem.valueHeadSize)
        keyBytes = batch * Double(problem.kvHeads) * Double(problem.keyLength) * Double(row)
        resultBytes = Double(problem.resultBytes(rows: problem.rows, keys: problem.keyLength))
        heads = Double(problem.batch * problem.kvHeads)
    }

    /// Seconds that a worker takes for all of it.
    func seconds(alone worker: WorkerProfile, _ fleet: FleetProfile, isHere: Bool) -> Double {
        let compute = flops / (Double(worker.slots) * worker.speed)
        guard !isHere else { return worker.backlog + compute + worker.link.roundTrip }
        let (bytes, broker) = (queryBytes + keyBytes + resultBytes, fleet.broker)
        return max(worker.backlog, fleet.brokerBacklog) + compute + worker.link.roundTrip + broker.roundTrip + bytes
            / worker.link.bytesPerSecond
            + bytes / broker.bytesPerSecond
    }

    /// What of a share grows with it, and what does not: a share of less than a head takes all of the head's keys, or, where
    /// keys are cut, all of its queries and outputs.
    func bytes(_ kind: FleetPlan.Candidate.Kind, shares: Int) -> (growing: Double, fixed: Double) {
        let whole = queryBytes + keyBytes + resultBytes
        guard Double(shares) > heads else { return (whole, 0) }
        return kind == .keys
            ? (keyBytes, (queryBytes + resultBytes) / heads) : (queryBytes + resultBytes, keyBytes / heads)
    }
}
