import ArgumentParser
import Codecs
import Foundation

/// `attn-chaos strike`: a real fleet on this machine, real jobs, and everything that may happen to them.
struct StrikeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strike",
        abstract: "Break a real fleet while it works, and count what was lost.",
        discussion: """
            Starts a broker, a dispatcher with a journal and workers on this machine, behind a small proxy; gives them jobs, half \
            of them durable, whose answers it knows; and kills, stops, cuts, throttles and litters. In the end nothing may be \
            answered wrongly, lost or doubled.

            EXAMPLES
              attn-chaos strike --minutes 5
              attn-chaos strike --minutes 1 --seed 7 --nemeses dispatcher,broker --verbose

            EXIT STATUS
              0 if nothing was wrong, lost or doubled, and nothing crashed; 1 if something was; 64 for wrong usage.
            """)

    @Option(help: ArgumentHelp("How long jobs are given and nemeses strike.", valueName: "n"))
    var minutes = 5.0

    @Option(help: ArgumentHelp("Of everything that is drawn; without it, a new one.", valueName: "n"))
    var seed: UInt64 = .random(in: 1...999_999)

    @Option(help: ArgumentHelp("Workers in the fleet.", valueName: "n"))
    var workers = 6

    @Option(help: ArgumentHelp("Clients that give jobs, four at a time each.", valueName: "n"))
    var clients = 4

    @Option(help: ArgumentHelp("all, none, or some of: \(Self.names).", valueName: "list"))
    var nemeses = "all"

    @Flag(name: .shortAndLong, help: "Print each strike.")
    var verbose = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    private static let names = Nemesis.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        guard minutes > 0, (1...64).contains(workers), (1...64).contains(clients) else {
            throw ValidationError("--minutes must be above 0, --workers and --clients 1 to 64")
        }
        _ = try chosen()
    }

    private func chosen() throws -> Set<Nemesis> {
        if nemeses == "all" { return Set(Nemesis.allCases) }
        if nemeses == "none" { return [] }
        return Set(
            try nemeses.split(separator: ",").map { word in
                guard let nemesis = Nemesis(rawValue: String(word)) else {
                    throw ValidationError("'\(word)' is no nemesis; there are: all, none, \(Self.names)")
                }
                return nemesis
            })
    }

    func run() async throws {
        var echo: (@Sendable (String) -> Void)?
        if verbose { echo = { line in FileHandle.standardError.write(Data("\(line)\n".utf8)) } }
        let chaos = ChaosRun(
            duration: .seconds(60 * minutes), seed: seed, workers: workers, clients: clients, nemeses: try chosen(),
            log: EventLog(echo: echo))
        let report = try await chaos.report()
        print(json ? report.json.text() : report.text)
        if !report.isClean { throw ExitCode.failure }
    }
}
