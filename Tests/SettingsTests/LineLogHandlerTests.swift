import Codecs
import Logging
import Testing

@testable import Settings

@Suite("A line of the log")
struct LineLogHandlerTests {
    private func line(_ format: LineLogHandler.Format, _ message: String, _ fields: [(String, String)] = []) -> String {
        LineLogHandler(label: "worker-1", level: .info, format: format).line(.info, message, fields)
    }

    @Test("is a time, a level, a source, a message and fields")
    func text() throws {
        let line = line(.text, "draining", [("held", "2"), ("why", "signal 15")])
        let (time, rest) = (line.prefix(24), line.dropFirst(24))
        #expect(rest == #" info worker-1: draining held=2 why="signal 15""#)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test("cannot be forged by a text from the wire")
    func forged() {
        let line = line(.text, "bad\n2026-01-01 info", [("topic", "a\r\nb"), ("name", "x\" level=error")])
        #expect(!line.contains { $0.isNewline })
        #expect(line.hasSuffix(#"bad 2026-01-01 info topic="a b" name="x' level=error""#))
    }

    @Test("as JSON is one object, whose own members no field replaces")
    func json() throws {
        let line = line(.json, "bad\n\"news\"", [("held", "2"), ("level", "error")])
        #expect(!line.contains { $0.isNewline })
        let object = try JSON(parsing: Array(line.utf8), limit: 1 << 16).object()
        #expect(object.keys == ["time", "level", "source", "message", "held"])
        #expect(try object.string("message") == "bad\n\"news\"")
        #expect(try object.string("level") == "info")
    }
}
