import Foundation

/// Lines for a person on the standard error, and for a program on the standard output.
///
/// Written at once, also into a pipe, and given up if nobody reads any more: a closed terminal must not
/// keep a fleet from being taken down.
enum Console {
    static func say(_ line: String) { write(line, to: .standardError) }

    static func print(_ line: String) { write(line, to: .standardOutput) }

    private static func write(_ line: String, to file: FileHandle) {
        try? file.write(contentsOf: Data((line + "\n").utf8))
    }
}
