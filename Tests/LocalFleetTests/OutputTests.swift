import Foundation
import Testing

@testable import LocalFleet

@Suite("What a child writes")
struct OutputTests {
    @Test("is cut into lines wherever it arrives in pieces")
    func pieces() {
        let text = Array("one\n\ntwo\r\nthree ü\nrest".utf8)
        for cut in 0...text.count {
            var reader = LineReader()
            var lines = reader.lines(appending: text[..<cut]) + reader.lines(appending: text[cut...])
            #expect(lines == ["one", "", "two", "three ü"])
            lines += [reader.finish()].compactMap { $0 }
            #expect(lines.last == "rest")
            #expect(reader.finish() == nil)
        }
    }

    @Test("is bounded in the length of a line")
    func longLine() {
        var reader = LineReader(limit: 10)
        let lines = reader.lines(appending: Array(repeating: UInt8(ascii: "x"), count: 25))
        #expect(lines == [String(repeating: "x", count: 10), String(repeating: "x", count: 10)])
        #expect(reader.finish() == "xxxxx")
    }

    @Test("that is not UTF-8 is shown as far as it can be")
    func invalid() {
        var reader = LineReader()
        #expect(reader.lines(appending: [0xFF, 0x41, 0x0A]) == ["\u{FFFD}A"])
    }

    @Test("fills at most two files of half the bound each")
    func rotation() throws {
        let fakes = try FakePrograms()
        let path = "\(fakes.folder)/log"
        var log = try LogFile(path: path, limit: 100)
        for _ in 0..<30 { Array("0123456789".utf8).withUnsafeBytes { log.append($0) } }
        let sizes = try [path, path + ".1"].map { try Data(contentsOf: URL(fileURLWithPath: $0)).count }
        #expect(sizes == [50, 50])
        #expect(try FileManager.default.contentsOfDirectory(atPath: fakes.folder).count == 2)
    }

    @Test(
        "exit statuses read as words",
        arguments: [(0, "exit status 0"), (3 << 8, "exit status 3"), (9, "signal 9 (Killed)")])
    func statuses(_ word: Int32, _ text: String) {
        #expect(ExitStatus(waitStatus: word).description == text)
    }
}
