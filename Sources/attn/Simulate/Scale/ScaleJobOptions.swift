import ArgumentParser
import Dispatcher
import Simulation

/// What a simulated fleet is asked to do.
struct ScaleJobOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Query heads, and heads of keys and values.", valueName: "n"))
    var heads = 8

    @Option(help: ArgumentHelp("Queries.", valueName: "n"))
    var queries = 2048

    @Option(help: ArgumentHelp("Keys.", valueName: "n"))
    var keys = 2048

    @Option(help: ArgumentHelp("Head size.", valueName: "n"))
    var headSize = 64

    @Option(
        help: ArgumentHelp("The type in which Q, K and V travel to workers: f32, f16, bf16, i8.", valueName: "type"))
    var wire = WireFormat.f32

    @Option(help: ArgumentHelp("Jobs given to each fleet.", valueName: "n"))
    var jobs = 256

    @Option(help: ArgumentHelp("So many jobs are under way at a time. Default: 64.", valueName: "k"))
    var pipelined: Int?

    @Option(help: ArgumentHelp("Instead: so many jobs come a second.", valueName: "n"))
    var rate: Double?

    @Flag(help: "Clients are their own dispatcher: requests and answers do not cross the broker.")
    var direct = false

    func validate() throws {
        for (name, value) in [("heads", heads), ("queries", queries), ("keys", keys), ("head-size", headSize)] {
            guard (1...65_536).contains(value) else { throw ValidationError("--\(name) must be 1 to 65536") }
        }
        guard (1...1_000_000).contains(jobs) else { throw ValidationError("--jobs must be 1 to 1000000") }
        if pipelined != nil, rate != nil { throw ValidationError("--pipelined and --rate exclude each other") }
        guard (1...100_000).contains(pipelined ?? 1) else { throw ValidationError("--pipelined must be 1 to 100000") }
        guard (1e-3...1e6).contains(rate ?? 1) else { throw ValidationError("--rate must be 0.001 to 1000000") }
    }

    var problem: AttentionProblem { AttentionProblem(heads: heads, queries: queries, keys: keys, headSize: headSize) }

    func apply(to settings: inout ScaleSettings) {
        settings.wire = wire
        settings.jobs = jobs
        settings.arrivals = rate.map { .rate($0) } ?? .pipelined(pipelined ?? 64)
        settings.isDirect = direct
    }
}
