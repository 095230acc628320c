import ArgumentParser
import Settings

/// A word where a subcommand stands that is none; swift-argument-parser calls it an unexpected argument.
struct SubcommandMisspelling {
    let error: ValidationError

    /// - Returns: nil if subcommands are spelled as they are, as far as any are needed.
    init?(_ arguments: [String], of root: any ParsableCommand.Type) {
        var (command, path) = (root, root.configuration.commandName ?? "")
        for word in arguments {
            let configuration = command.configuration
            guard !word.hasPrefix("-"), word != "help", !configuration.subcommands.isEmpty else { return nil }
            if let next = configuration.subcommands.first(where: { $0.configuration.commandName == word }) {
                (command, path) = (next, "\(path) \(word)")
                continue
            }
            // What is no subcommand is for the default one.
            guard configuration.defaultSubcommand == nil else { return nil }
            error = ValidationError(
                "Unknown subcommand '\(word)' of '\(path)'.\(Self.hint(word, configuration.subcommands))")
            return
        }
        return nil
    }

    private static func hint(_ word: String, _ subcommands: [any ParsableCommand.Type]) -> String {
        let names = subcommands.map { $0.configuration }.filter { $0.shouldDisplay }.compactMap { $0.commandName }
        guard let nearest = names.min(by: { word.editDistance(to: $0) < word.editDistance(to: $1) }),
            word.editDistance(to: nearest) <= max(word.utf8.count / 2, 1)
        else { return "" }
        return " Did you mean '\(nearest)'?"
    }
}
