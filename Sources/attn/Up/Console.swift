import Foundation

/// Lines for a person on the standard error, and for a program on the standard output.
///
/// Written at once, also into a pipe, and given up if nobody reads any more: a closed terminal must not
/// keep a fleet from being taken down. A result that finds no room, on a full disk, ends the program with exit status 1;
/// children then end by themselves.
enum Console {
    static func say(_ line: String) { write(line, to: STDERR_FILENO) }

    static func print(_ line: String) {
        let failure = write(line, to: STDOUT_FILENO)
        guard [ENOSPC, EDQUOT, EFBIG].contains(failure) else { return }
        say("Error: the standard output cannot be written: \(String(cString: strerror(failure)))")
        exit(1)
    }

    /// - Returns: 0, or the error.
    @discardableResult
    private static func write(_ line: String, to file: Int32) -> Int32 {
        Array((line + "\n").utf8).withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Foundation.write(file, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return errno }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return 0
        }
    }
}
