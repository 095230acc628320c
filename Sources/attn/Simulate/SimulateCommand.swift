import ArgumentParser

/// `attn simulate`: fleets on a virtual clock.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run simulated fleets: broken in every way, or as large as can be.",
        discussion: """
            The cores of the dispatcher and of the workers are the real ones. Without a word of what to simulate, faults are.

            EXAMPLES
              attn simulate --seeds 1000
              attn simulate scale --workers 10,1000,100000
            """,
        subcommands: [SimulateFaultsCommand.self, SimulateScaleCommand.self],
        defaultSubcommand: SimulateFaultsCommand.self)
}
