import Codecs
import Settings
import Testing

@Suite("A setting")
struct SettingSourcesTests {
    private static let known: Set<String> = ["broker", "slots", "labels", "log_level"]

    private func sources(_ environment: [String: String] = [:], file: String = "{}") throws -> SettingSources {
        let object = try JSON(parsing: Array(file.utf8), limit: 1 << 20).object()
        return try SettingSources(environment: environment, file: object, fileName: "worker.json", known: Self.known)
    }

    @Test("comes from its flag, else its variable, else the file, else nowhere")
    func precedence() throws {
        let file = #"{"broker": "from file", "slots": 3}"#
        let environment = ["ATTN_BROKER": "from environment", "ATTN_SLOTS": "2"]
        let all = try sources(environment, file: file)
        #expect(try all.string("from flag", "broker") == "from flag")
        #expect(try all.string(nil, "broker") == "from environment")
        #expect(try all.int(1, "slots", in: 1...9) == 1)
        #expect(try all.int(nil, "slots", in: 1...9) == 2)
        let onlyFile = try sources(file: file)
        #expect(try onlyFile.string(nil, "broker") == "from file")
        #expect(try onlyFile.int(nil, "slots", in: 1...9) == 3)
        let none = try sources()
        #expect(try none.string(nil, "broker") == nil)
        #expect(try none.int(nil, "slots", in: 1...9) == nil)
        #expect(try none.labels("labels").isEmpty)
    }

    @Test("whose variable is empty, or null in the file, is unset")
    func empty() throws {
        let sources = try sources(["ATTN_BROKER": "", "ATTN_SLOTS": ""], file: #"{"broker": null, "slots": 4}"#)
        #expect(try sources.string(nil, "broker") == nil)
        #expect(try sources.int(nil, "slots", in: 1...9) == 4)
    }

    @Test("out of its range is refused with the source it came from")
    func range() throws {
        let range = "must be a whole number from 1 to 9"
        #expect(throws: SettingError("--slots \(range)")) { try sources().int(0, "slots", in: 1...9) }
        #expect(throws: SettingError("ATTN_SLOTS='10' \(range)")) {
            try sources(["ATTN_SLOTS": "10"]).int(nil, "slots", in: 1...9)
        }
        #expect(throws: SettingError("ATTN_SLOTS='two' \(range)")) {
            try sources(["ATTN_SLOTS": "two"]).int(nil, "slots", in: 1...9)
        }
        #expect(throws: SettingError("worker.json: slots \(range)")) {
            try sources(file: #"{"slots": 99}"#).int(nil, "slots", in: 1...9)
        }
    }

    @Test("of the wrong type is refused with its key and file")
    func type() throws {
        let error = #expect(throws: SettingError.self) {
            try sources(file: #"{"slots": "2"}"#).int(nil, "slots", in: 1...9)
        }
        #expect(error?.description == "worker.json: slots: expected an integer, found a string")
        #expect(throws: SettingError.self) { try sources(file: #"{"broker": 1883}"#).string(nil, "broker") }
        #expect(throws: SettingError.self) { try sources(file: #"{"labels": {"room": 1}}"#).labels("labels") }
    }

    @Test("that nobody knows is refused by name, and the nearest one named")
    func unknown() {
        for (wrong, nearest) in [("brokr", "broker"), ("loglevel", "log_level"), ("slot", "slots"), ("Slots", "slots")]
        {
            #expect(throws: SettingError("worker.json: unknown key '\(wrong)'; did you mean '\(nearest)'?")) {
                try sources(file: #"{"\#(wrong)": 1}"#)
            }
        }
    }

    @Test("of names and texts reads alike from both places")
    func labels() throws {
        let expected = ["room": "kitchen", "rack": "a=b"]
        #expect(try sources(["ATTN_LABELS": "room=kitchen,rack=a=b"]).labels("labels") == expected)
        #expect(try sources(file: #"{"labels": {"room": "kitchen", "rack": "a=b"}}"#).labels("labels") == expected)
        #expect(throws: SettingError("ATTN_LABELS must be NAME=TEXT,NAME=TEXT, not 'room'")) {
            try sources(["ATTN_LABELS": "room"]).labels("labels")
        }
    }
}
