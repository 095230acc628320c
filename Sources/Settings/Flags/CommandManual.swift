/// What a command is for and which flags it takes: what its arguments are read by, and its help is printed from.
///
/// For programs that are to stay small: a worker with swift-argument-parser was larger by 6 MB. Every flag takes a value;
/// there are no subcommands and no arguments without a flag.
public struct CommandManual: Sendable {
    /// Flags that belong together in the help.
    public struct Section: Sendable {
        public let title: String
        public let flags: [SettingFlag]

        public init(_ title: String, _ flags: [SettingFlag]) {
            self.title = title
            self.flags = flags
        }
    }

    /// What a command line asks for.
    public enum Invocation: Sendable, Equatable {
        case run(FlagValues)
        case help
        case version
    }

    public let name: String
    public let abstract: String
    public let discussion: String
    public let version: String
    public let sections: [Section]

    public init(name: String, abstract: String, discussion: String, version: String, sections: [Section]) {
        self.name = name
        self.abstract = abstract
        self.discussion = discussion
        self.version = version
        self.sections = sections
    }

    public var flags: [SettingFlag] { sections.flatMap(\.flags) }

    /// Reads `--flag value` and `--flag=value`. Who asks for help gets it, whatever else is on the line.
    ///
    /// A value that begins with a dash must be given with `=`, since it is more often the next flag.
    /// - Parameter arguments: those after the program's name.
    public func read(_ arguments: [String]) throws(UsageError) -> Invocation {
        if arguments.contains("--help") || arguments.contains("-h") { return .help }
        if arguments.contains("--version") { return .version }
        var values = FlagValues()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = try flag(String(parts[0]))
            let value = parts.count == 2 ? String(parts[1]) : rest.popFirst { !$0.hasPrefix("-") }
            guard let value else { throw UsageError("Missing value for '\(flag.label)'", flag: flag) }
            guard values.give(value, to: flag) else { throw UsageError("'--\(flag.name)' is given twice", flag: flag) }
        }
        return .run(values)
    }

    private func flag(_ argument: String) throws(UsageError) -> SettingFlag {
        guard argument.hasPrefix("-"), argument != "-" else { throw UsageError("Unexpected argument '\(argument)'") }
        if let flag = flags.first(where: { argument == "--\($0.name)" }) { return flag }
        let all = flags.map(\.name) + ["help", "version"]
        let distances = all.map { (name: $0, distance: argument.editDistance(to: "--\($0)")) }
        guard let nearest = distances.min(by: { $0.distance < $1.distance }),
            nearest.distance <= argument.utf8.count / 3
        else {
            throw UsageError("Unknown option '\(argument)'")
        }
        throw UsageError("Unknown option '\(argument)'. Did you mean '--\(nearest.name)'?")
    }
}

extension ArraySlice {
    /// Removes and returns the first element, if there is one and it satisfies the condition.
    fileprivate mutating func popFirst(where condition: (Element) -> Bool) -> Element? {
        first.flatMap { condition($0) ? removeFirst() : nil }
    }
}
