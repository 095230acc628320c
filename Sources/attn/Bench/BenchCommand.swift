import ArgumentParser

/// `attn bench`: what a fleet takes, beside what nothing could take less than.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a fleet.",
        subcommands: [BenchFleetCommand.self, BenchWorkerCommand.self])
}
