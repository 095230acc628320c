extension CommandManual {
    /// Where the explanations of flags begin, in characters from the left; a longer flag stands on a line of its own.
    private static let column = 26

    private var usage: String { "\(name) <options>" }

    /// The help: what the command is for, its usage, its flags by section.
    ///
    /// - Parameter width: characters in a line; longer lines are broken between words.
    public func page(width: Int) -> String {
        var paragraphs = [
            "OVERVIEW: \(abstract)".wrapped(to: width), discussion.wrapped(to: width), "USAGE: \(usage)",
        ]
        for (index, section) in sections.enumerated() {
            var entries = section.flags.map { ($0.label, $0.help) }
            if index == sections.count - 1 {
                entries += [("--version", "Show the version."), ("-h, --help", "Show help information.")]
            }
            let lines = entries.map { Self.entry($0, $1, width: width) }
            paragraphs.append((["\(section.title.uppercased()):"] + lines).joined(separator: "\n"))
        }
        return paragraphs.joined(separator: "\n\n") + "\n"
    }

    /// What to say about a command line that cannot be run, and where to read on.
    public func complaint(about error: UsageError) -> String {
        var lines = ["Error: \(error)"]
        if let flag = error.flag { lines.append("Help:  \(flag.label)  \(flag.help)") }
        lines += ["Usage: \(usage)", "  See '\(name) --help' for more information."]
        return lines.joined(separator: "\n")
    }

    private static func entry(_ label: String, _ text: String, width: Int) -> String {
        let start = "  \(label)"
        let indent = String(repeating: " ", count: column)
        let explanation = (indent + text).wrapped(to: width)
        guard start.count <= column - 2 else { return "\(start)\n\(explanation)" }
        return start + explanation.dropFirst(start.count)
    }
}

extension String {
    /// Breaks lines longer than `width` between words; what follows keeps the line's indentation. Words are never broken.
    fileprivate func wrapped(to width: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { $0.wrapped(to: width) }.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate func wrapped(to width: Int) -> String {
        let indent = String(prefix { $0 == " " })
        var lines: [String] = []
        var line = indent
        for word in dropFirst(indent.count).split(separator: " ", omittingEmptySubsequences: false) {
            if line.count > indent.count, line.count + 1 + word.count > width {
                lines.append(line)
                line = indent
            }
            line += line.count > indent.count ? " \(word)" : String(word)
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
