/// What is wrong with trigger files: all of it, not only the first.
public struct TriggerFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public struct Issue: Sendable, Equatable, CustomStringConvertible {
        public let file: String
        /// From 1.
        public let line: Int
        public let column: Int
        /// What is wrong, and what would be right.
        public let reason: String

        public var description: String { "\(file):\(line):\(column): \(reason)" }
    }

    /// Never empty; in the order of files and lines.
    public let issues: [Issue]

    public var description: String { issues.map(\.description).joined(separator: "\n") }
}
