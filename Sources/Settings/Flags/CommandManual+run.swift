import Glibc

extension CommandManual {
    /// Does what this process' command line asks for: runs `body`, or prints help or the version.
    ///
    /// - Returns: the status to exit with: 0; 64 (`EX_USAGE`, sysexits.h) for a command line that cannot be run; 1 for
    ///   whatever else `body` throws. Errors go to the standard error.
    public func run(_ body: @Sendable (FlagValues) async throws -> Void) async -> Int32 {
        do {
            switch try read(Array(CommandLine.arguments.dropFirst())) {
            case .help: print(page(width: Self.terminalWidth), terminator: "")
            case .version: print(version)
            case .run(let values): try await body(values)
            }
            return EXIT_SUCCESS
        } catch let error as UsageError {
            Self.complain(complaint(about: error))
            return EX_USAGE
        } catch {
            Self.complain("Error: \(error)")
            return EXIT_FAILURE
        }
    }

    private static func complain(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// The terminal's; 80 where the output is none. `COLUMNS` wins over both.
    private static var terminalWidth: Int {
        if let columns = ProcessEnvironment.all["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
