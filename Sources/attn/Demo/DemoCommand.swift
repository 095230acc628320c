import ArgumentParser

/// `attn demo`: a fleet on this machine, at work.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch a fleet on this machine work, grow, and survive the loss of a worker.",
        discussion: """
            EXAMPLES
              Sensors and sentences, inferred as they are published:
                attn demo
              One attention job, shard by shard:
                attn demo attention
            """,
        subcommands: [DemoSensorsCommand.self, DemoAttentionCommand.self], defaultSubcommand: DemoSensorsCommand.self)
}
