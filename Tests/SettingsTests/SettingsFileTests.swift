import Codecs
import Foundation
import Settings
import Testing

@Suite("A settings file")
struct SettingsFileTests {
    /// A file that is gone with the test.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test("is one JSON object")
    func object() throws {
        try withFile(Array(#"{"fleet": "home", "slots": 2}"#.utf8)) { path in
            let object = try SettingsFile.object(at: path)
            #expect(object.keys == ["fleet", "slots"])
        }
        for text in ["", "[]", "{", #"{"a": 1, "a": 2}"#, "fleet: home"] {
            try withFile(Array(text.utf8)) { path in
                let error = #expect(throws: SettingError.self) { try SettingsFile.object(at: path) }
                #expect(error?.description.hasPrefix(path) == true, "it names the file")
            }
        }
    }

    @Test("that is missing, a folder or too large is refused by name")
    func unreadable() throws {
        for path in ["/nonexistent/worker.json", "/tmp"] {
            let error = #expect(throws: SettingError.self) { try SettingsFile.object(at: path) }
            #expect(error?.description.hasPrefix("\(path) cannot be read") == true)
        }
        try withFile([UInt8](repeating: 0x20, count: 1 << 20 + 1)) { path in
            let error = #expect(throws: SettingError.self) { try SettingsFile.object(at: path) }
            #expect(error?.description == "\(path) is larger than 1048576 bytes")
        }
    }

    @Test("with a secret holds it on its own, with or without a line's end")
    func secret() throws {
        for (text, expected) in [
            ("sesame", "sesame"), ("sesame\n", "sesame"), ("sesame\r\n", "sesame"), (" open sesame ", " open sesame "),
        ] {
            try withFile(Array(text.utf8)) { path in
                let secret = try SettingsFile.secret(at: path)
                #expect(secret == expected)
            }
        }
        for bytes in [[], [0x0A], [0xFF]] as [[UInt8]] {
            try withFile(bytes) { path in
                let error = #expect(throws: SettingError.self) { try SettingsFile.secret(at: path) }
                #expect(error?.description.hasPrefix(path) == true)
            }
        }
    }
}
