import ArgumentParser
import Codecs
import Dispatcher
import Fleet
import Models
import Transformer
import Triggers

/// `attn triggers`: what is in trigger files.
struct TriggersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triggers",
        abstract: "Look at triggers: rules from sensors' topics to models to results.",
        subcommands: [TriggersCheckCommand.self])
}

/// `attn triggers check`: whether trigger files can be used, and what they say.
struct TriggersCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check trigger files.",
        discussion: """
            Says of each trigger what it listens to, what it asks which model, and where the result goes. With --models also \
            whether the model is there and reads what the trigger gives.

            EXAMPLES
              attn triggers check config/triggers
              attn triggers check config/triggers/basic-motions.yaml --models models
              attn triggers check config/triggers --json

            EXIT STATUS
              0 if every trigger can be used; 1 if one cannot: what is wrong is told as FILE:LINE:COLUMN: REASON; 64 for wrong \
            usage.
            """)

    @Argument(help: ArgumentHelp("Files, or folders of .yaml files.", valueName: "FILE"), completion: .file())
    var files: [String]

    @Option(
        help: ArgumentHelp("Check against the models in this folder.", valueName: "folder"), completion: .directory)
    var models: String?

    @Flag(help: "Print one JSON object about all of them.")
    var json = false

    func run() throws {
        let triggers: [Trigger]
        do throws(TriggerFileError) {
            var all: [TriggerFile] = []
            for path in files { all += try TriggerFile.files(at: path) }
            triggers = try TriggerFile.triggers(in: all)
        } catch {
            return try refuse(error.issues.map(\.description))
        }
        if let models {
            let library: ModelLibrary
            do throws(ModelError) { library = try ModelLibrary(folder: models) } catch {
                throw CommandFailure(error.message)
            }
            let flaws = TriggerFitness.flaws(of: triggers, library)
            guard flaws.isEmpty else { return try refuse(flaws) }
        }
        if json {
            let all = triggers.map { trigger -> JSON in
                [
                    "name": .string(trigger.name.text), "topic": .string(trigger.topic.text),
                    "model": .string(trigger.model), "place": .string("\(trigger.place)"),
                ]
            }
            return Console.print(JSON.object(["valid": true, "triggers": .array(all)]).text())
        }
        for trigger in triggers {
            Console.print("\(trigger.place): \(trigger.name): \(trigger.topic.text) → \(trigger.model)")
        }
    }

    private func refuse(_ issues: [String]) throws {
        if json {
            Console.print(JSON.object(["valid": false, "issues": JSON(issues)]).text())
        } else {
            for issue in issues { Console.say(issue) }
        }
        throw ExitCode.failure
    }
}
