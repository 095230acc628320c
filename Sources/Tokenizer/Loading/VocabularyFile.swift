/// `vocab.txt`: a token a line, whose number, from 0, is its ID.
enum VocabularyFile {
    static let name = "vocab.txt"

    /// - Parameter file: its path, for errors.
    static func members(parsing bytes: [UInt8], file: String) throws(TokenizerError) -> [(token: String, id: Int32)] {
        var members: [(token: String, id: Int32)] = []
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What is behind the last line's end.
        if lines.last?.isEmpty == true { lines.removeLast() }
        for (number, line) in lines.enumerated() {
            let token = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let token = String(validating: token, as: UTF8.self) else {
                throw .invalid(file: file, at: "line \(number + 1)", reason: "not valid UTF-8")
            }
            members.append((token, Int32(number)))
        }
        return members
    }
}
