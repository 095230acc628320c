import ArgumentParser
import Fleet

/// The command line tool: a thin shell over the libraries.
@main
struct Attn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attn",
        abstract: "Transformer attention computed by a fleet of small devices that share an MQTT broker.",
        discussion: """
            EXAMPLES
              See it work, on this machine:
                attn demo
              Run a fleet here, and give it a job:
                attn up --port 1883
                attn attend request.safetensors -o result.safetensors --broker mqtt://127.0.0.1:1883
              The same without a fleet:
                attn attend request.safetensors -o result.safetensors --local
            """,
        version: FleetVersion.current,
        subcommands: [
            AttendCommand.self, PlanCommand.self, TraceCommand.self, InferCommand.self, ModelsCommand.self,
            UpCommand.self,
            DemoCommand.self,
            TriggersCommand.self,
            BenchCommand.self,
            SimulateCommand.self,
            RunChildCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let misspelling = SubcommandMisspelling(arguments, of: Attn.self) {
            exit(withError: misspelling.error)
        }
        await main(arguments)
    }
}
