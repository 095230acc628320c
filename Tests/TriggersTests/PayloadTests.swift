import Codecs
import Fleet
import Testing

@testable import Triggers

@Suite("Payloads") struct PayloadTests {
    /// What a trigger's payload section makes of a message.
    private func read(
        _ payload: String, _ message: [UInt8], channels: Int = 2
    ) throws -> (values: [Float], reading: DecodedReading) {
        let trigger = try TriggerSample.trigger(
            """
            name: a
            topic: a/+
            payload: {\(payload)}
            window: {length: 4, channels: \(channels)}
            model: m
            result: {topic: r}
            """)
        let decoder = PayloadDecoder(format: trigger.payload, valueCount: trigger.payload.channel == nil ? channels : 1)
        var values: [Float] = [99]
        let reading = try decoder.reading(message, into: &values)
        return (values, reading)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    }

    @Test("JSON: fields by their paths, in any depth, among others")
    func json() throws {
        let format = "format: json, fields: [a.x, 'b[1].y']"
        let (values, reading) = try read(format, bytes(#"{"c": "?", "a": {"x": 1.5}, "b": [0, {"y": -2}]}"#))
        #expect(values == [1.5, -2])
        #expect(reading == DecodedReading())
        #expect(try read("format: json, fields: ['[0]', '[1]']", bytes("[3, 4]")).values == [3, 4])
    }

    @Test(
        "JSON that is no reading",
        arguments: [
            ("", ReadingDefect.malformed), ("{", .malformed), ("7", .wrongChannels), (#"{"x": 1}"#, .wrongChannels),
            (#"{"x": 1, "y": "2"}"#, .malformed), (#"{"x": 1, "y": true}"#, .malformed),
            (#"{"x": 1, "y": null}"#, .notFinite), (#"{"x": 1, "y": 1e300}"#, .notFinite),
            (#"{"x": 1, "y": NaN}"#, .malformed),
        ])
    func notJSON(message: String, defect: ReadingDefect) {
        #expect(throws: defect) { try read("format: json, fields: [x, y]", bytes(message)) }
    }

    @Test(
        "Times: numbers in the unit given, or numbers in a string; seconds to the nanosecond, integers exactly",
        arguments: [
            ("s", "12.5", 12_500_000_000), ("ms", "1700000000123", 1_700_000_000_123_000_000),
            ("us", "-5", -5000), ("ns", "1700000000123456789", 1_700_000_000_123_456_789),
            ("s", "\"2\"", 2_000_000_000),
        ] as [(String, String, Int64)])
    func times(unit: String, time: String, nanoseconds: Int64) throws {
        let format = "format: json, fields: [x], timestamp: {field: t, unit: \(unit)}"
        let reading = try read(format, bytes(#"{"x": 1, "t": \#(time)}"#), channels: 1).reading
        #expect(reading.time?.nanoseconds == nanoseconds)
    }

    @Test(
        "A time that is absent, no number or beyond 146 years", arguments: ["1e300", "\"noon\"", "null", "9e9", "[1]"])
    func noTime(time: String) {
        let format = "format: json, fields: [x], timestamp: {field: t}"
        #expect(throws: ReadingDefect.malformed) { try read(format, bytes(#"{"x": 1, "t": \#(time)}"#), channels: 1) }
        #expect(throws: ReadingDefect.malformed) { try read(format, bytes(#"{"x": 1}"#), channels: 1) }
    }

    @Test("CSV: all columns but the time's, or those listed")
    func csv() throws {
        #expect(try read("format: csv", bytes("1, -2.5e1\r\n")).values == [1, -25])
        let picked = "format: csv, columns: [3, 1], separator: ';', timestamp: {field: 2, unit: ms}"
        let (values, reading) = try read(picked, bytes("1;1500;3;note"))
        #expect(values == [3, 1])
        #expect(reading.time?.nanoseconds == 1_500_000_000)
        #expect(try read("format: csv, timestamp: {field: 1}", bytes("7,1,2")).values == [1, 2])
    }

    @Test(
        "CSV that is no reading",
        arguments: [
            ("1", ReadingDefect.wrongChannels), ("1,2,3", .wrongChannels), ("1,", .wrongChannels), ("", .wrongChannels),
            ("1,two", .malformed), ("1,nan", .notFinite), ("1,inf", .notFinite), ("1,1e99", .notFinite),
            ("1,2\n3,4", .malformed), ("\u{ff},1", .malformed),
        ])
    func notCSV(message: String, defect: ReadingDefect) {
        #expect(throws: defect) { try read("format: csv", bytes(message)) }
    }

    @Test("Raw numbers, of every type")
    func raw() throws {
        func values(_ type: RawNumber, _ message: [UInt8]) throws -> [Float] {
            try read("format: raw, type: \(type)", message).values
        }
        #expect(try values(.f16, bytes([Float16(1.5), -2])) == [1.5, -2])
        #expect(try values(.f32, bytes([Float(1.5), -2])) == [1.5, -2])
        #expect(try values(.f64, bytes([1.5, -2])) == [1.5, -2])
        #expect(try values(.i8, bytes([Int8.min, 7])) == [-128, 7])
        #expect(try values(.i16, bytes([Int16.min, 7])) == [-32768, 7])
        #expect(try values(.i32, bytes([Int32.min, 7])) == [-2_147_483_648, 7])
        #expect(try values(.i64, bytes([-1 as Int64, 7])) == [-1, 7])
        #expect(try values(.u8, bytes([UInt8.max, 7])) == [255, 7])
        #expect(try values(.u16, bytes([UInt16.max, 7])) == [65535, 7])
        #expect(try values(.u32, bytes([UInt32.max, 7])) == [4_294_967_296, 7])
    }

    @Test("Raw bytes of another length, NaN and infinities")
    func notRaw() {
        let format = "format: raw, type: f32"
        #expect(throws: ReadingDefect.malformed) { try read(format, []) }
        #expect(throws: ReadingDefect.malformed) { try read(format, Array(repeating: 0, count: 7)) }
        #expect(throws: ReadingDefect.wrongChannels) { try read(format, Array(repeating: 0, count: 12)) }
        #expect(throws: ReadingDefect.notFinite) { try read(format, bytes([Float.nan, 0])) }
        #expect(throws: ReadingDefect.notFinite) { try read(format, bytes([0, -Float.infinity])) }
        #expect(throws: ReadingDefect.notFinite) { try read("format: raw, type: f64", bytes([1e300, 0])) }
    }

    @Test("Safetensors: the only tensor or the one named, of any shape with as many elements; time in the metadata")
    func safetensors() throws {
        let one = try Safetensors.encode(
            metadata: ["t": "3"], tensors: [TensorSource("x", .f32, shape: [1, 2], [1.5, -2] as [Float])])
        let (values, reading) = try read("format: safetensors, timestamp: {field: t}", one)
        #expect(values == [1.5, -2])
        #expect(reading.time?.nanoseconds == 3_000_000_000)
        let two = try Safetensors.encode(tensors: [
            TensorSource("x", .i16, shape: [2], [3, -4] as [Int16]),
            TensorSource("y", .f32, shape: [3], [1, 2, 3] as [Float]),
        ])
        #expect(try read("format: safetensors, tensor: x", two).values == [3, -4])
        #expect(throws: ReadingDefect.malformed) { try read("format: safetensors", two) }
        #expect(throws: ReadingDefect.malformed) { try read("format: safetensors, tensor: z", two) }
        #expect(throws: ReadingDefect.wrongChannels) { try read("format: safetensors, tensor: y", two) }
        #expect(throws: ReadingDefect.malformed) { try read("format: safetensors", [1, 2, 3]) }
    }

    @Test("Text: any UTF-8, also empty; a string in JSON")
    func text() throws {
        let plain = PayloadDecoder(format: try TriggerSample.trigger(TriggerSample.texts).payload, valueCount: 0)
        #expect(try plain.text(bytes("héllo")).text == "héllo")
        #expect(try plain.text([]).text == "")
        #expect(throws: ReadingDefect.malformed) { try plain.text([0xff]) }
        let yaml = TriggerSample.texts.replacing("{format: text}", with: "{format: json, text: m.body}")
        let member = PayloadDecoder(format: try TriggerSample.trigger(yaml).payload, valueCount: 0)
        #expect(try member.text(bytes(#"{"m": {"body": "a\nb"}}"#)).text == "a\nb")
        #expect(throws: ReadingDefect.malformed) { try member.text(bytes(#"{"m": 1}"#)) }
    }

    @Test("A message of more than 1 MiB is not looked at")
    func tooLong() {
        let long = Array(repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
        #expect(throws: ReadingDefect.malformed) { try read("format: csv", long) }
    }
}
