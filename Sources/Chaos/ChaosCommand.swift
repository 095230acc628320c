import ArgumentParser

/// `attn-chaos`: what a fleet does when things go wrong for real.
@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attn-chaos",
        abstract: "Break a real fleet, or give it too much to do, and see what it does.",
        subcommands: [StrikeCommand.self, OverloadCommand.self], defaultSubcommand: StrikeCommand.self)
}
