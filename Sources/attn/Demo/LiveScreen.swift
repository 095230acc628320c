import Foundation

/// Lines at the bottom of a terminal that are drawn again and again; nothing where there is no terminal.
struct LiveScreen {
    let isShown = isatty(STDOUT_FILENO) == 1
    private var drawn = 0

    /// How many lines fit, the cursor's own left out; nil if the terminal does not say. What has scrolled away at the
    /// top cannot be drawn over.
    var height: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 1 else { return nil }
        return Int(size.ws_row) - 1
    }

    mutating func draw(_ lines: [String]) {
        guard isShown else { return }
        var text = cursorUp
        for line in lines { text += "\u{1b}[2K\(line)\n" }
        // What was below, if there are fewer lines now.
        text += "\u{1b}[J"
        drawn = lines.count
        write(text)
    }

    /// Takes the lines away, so that others can be written where they stood.
    mutating func clear() {
        guard isShown, drawn > 0 else { return }
        write(cursorUp + "\u{1b}[J")
        drawn = 0
    }

    private var cursorUp: String { drawn > 0 ? "\u{1b}[\(drawn)A" : "" }

    /// A terminal that is gone must not end the demo.
    private func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}
