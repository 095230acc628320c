public import Models
import Transformer
public import Triggers

/// Whether triggers and models go together, found out at the start and not with the first reading.
public enum TriggerFitness {
    /// A sentence for each trigger whose model is not there, or reads something else than the trigger gives.
    public static func flaws(of triggers: [Trigger], _ library: ModelLibrary) -> [String] {
        triggers.compactMap { trigger in
            flaw(of: trigger, library).map { "\(trigger.place): trigger '\(trigger.name)': \($0)" }
        }
    }

    private static func flaw(of trigger: Trigger, _ library: ModelLibrary) -> String? {
        guard let model = library[trigger.model] else {
            let known = library.models.map(\.name).joined(separator: ", ")
            return known.isEmpty
                ? "there are no models: give --models" : "there is no model '\(trigger.model)', but \(known)"
        }
        switch (model.configuration.input, trigger.window) {
        case (.tokens, nil):
            return model.tokenizer == nil ? "the model's folder has no tokenizer for texts" : nil
        case (.tokens, .some): return "the model reads text, and the trigger gives windows of readings"
        case (.series, nil): return "the model reads windows of readings, and the trigger gives text"
        case (.series(let input), let window?):
            guard window.channels == input.channels, window.length == input.length else {
                return "its windows are [\(window.channels) channels, \(window.length)], and the model reads "
                    + "[\(input.channels), \(input.length)]"
            }
            return nil
        }
    }
}
