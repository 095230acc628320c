/// A job's answer as it comes together.
struct SymbolicAssembly {
    private(set) var sums: [UInt64]

    init(_ job: SimulatedJob) { sums = Array(repeating: 0, count: job.rowGroups) }

    mutating func take(_ partial: UInt64, shard: Int, of job: SimulatedJob) { sums[shard / job.blocks] &+= partial }
}
