import ArgumentParser
import Codecs

/// `attn-chaos overload`: more jobs than a fleet can do, for minutes.
struct OverloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overload",
        abstract: "Push many times what a fleet can do, and see that memory stays bounded and refusals come at once.",
        discussion: """
            First one client finds out what the fleet can do. Then many clients give jobs as fast as they are answered or refused, \
            without waiting as a refusal tells them to. Each second the dispatcher's and the broker's resident memory is read.

            EXAMPLES
              attn-chaos overload --minutes 2

            EXIT STATUS
              0 if every job was answered rightly or refused as busy, and the dispatcher's memory stayed below --most-megabytes; \
            1 if not; 64 for wrong usage.
            """)

    @Option(help: ArgumentHelp("How long the fleet has too much to do.", valueName: "n"))
    var minutes = 2.0

    @Option(help: ArgumentHelp("Clients.", valueName: "n"))
    var clients = 4

    @Option(help: ArgumentHelp("Jobs that each client has under way at a time.", valueName: "n"))
    var width = 64

    @Option(help: ArgumentHelp("Jobs that the dispatcher admits at a time.", valueName: "n"))
    var maxJobs = 32

    @Option(help: ArgumentHelp("Resident memory that the dispatcher must stay below.", valueName: "n"))
    var mostMegabytes = 256

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard minutes > 0, (1...64).contains(clients), (1...1024).contains(width), maxJobs >= 1 else {
            throw ValidationError(
                "--minutes must be above 0, --clients 1 to 64, --width 1 to 1024, --max-jobs at least 1")
        }
    }

    func run() async throws {
        let overload = Overload(duration: .seconds(60 * minutes), clients: clients, width: width, maxJobs: maxJobs)
        let report = try await overload.report()
        print(json ? report.json.text() : report.text)
        guard report.wrong == 0, report.otherFailures.isEmpty, report.peakDispatcher <= mostMegabytes << 20 else {
            throw ExitCode.failure
        }
    }
}
