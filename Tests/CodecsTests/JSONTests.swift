import Codecs
import Testing

@Suite("JSON parsing") struct JSONParsingTests {
    @Test("every kind of value, white space around each token")
    func values() throws {
        let text = " \t\r\n{ \"a\" : [ null , true , false , 0 , -1.5e2 , \"x\" , [ ] , { } ] } "
        let array: JSON = [nil, true, false, 0, -150.0, "x", [], [:]]
        #expect(try JSON(parsing: text) == ["a": array])
    }

    @Test("integers are exact through all of Int64 and UInt64")
    func integers() throws {
        for value in [Int.min, Int.min + 1, -1, 0, 1, Int.max - 1, Int.max] {
            #expect(try JSON(parsing: "\(value)") == JSON(value))
            #expect(try JSON(parsing: "\(value)").intValue == value)
        }
        for value in [0, UInt64(Int64.max) + 1, UInt64.max] {
            #expect(try JSON(parsing: "\(value)") == JSON(value))
            #expect(try JSON(parsing: "\(value)").uint64Value == value)
        }
        // One beyond either end: no integer type holds them, so they are doubles.
        #expect(try JSON(parsing: "18446744073709551616") == JSON(0x1p64))
        #expect(try JSON(parsing: "-9223372036854775809") == JSON(-0x1p63))
        #expect(try JSON(parsing: "-0").doubleValue?.sign == .minus)
    }

    @Test("numbers that are mathematically integers read as integers, others never round to one")
    func integralNumbers() throws {
        #expect(try JSON(parsing: "3.0").intValue == 3)
        #expect(try JSON(parsing: "3e2").intValue == 300)
        #expect(try JSON(parsing: "3.5").intValue == nil)
        #expect(try JSON(parsing: "1e300").intValue == nil)
        #expect(try JSON(parsing: "-1").uint64Value == nil)
        #expect(try JSON(parsing: "7").doubleValue == 7)
    }

    @Test("decimals of any length are the nearest double, to the bit")
    func decimals() throws {
        var state: UInt64 = 1
        for round in 0..<5000 {
            // Knuth's MMIX: any sequence of digits will do.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let digits = Array(String(state >> UInt64(round % 60)))
            let point = 1 + Int(state >> 33) % digits.count
            let whole = String(digits[..<point])
            let fraction = point < digits.count ? "." + String(digits[point...]) : ".0"
            let text = (state & 1 == 0 ? "-" : "") + (whole.first == "0" ? "0" : whole) + fraction
            let value = try #require(try JSON(parsing: text).doubleValue)
            #expect(value.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
        #expect(try JSON(parsing: "-0.0").doubleValue?.sign == .minus)
    }

    @Test("doubles: tiny ones become zero, those beyond the largest are refused")
    func doubleRange() throws {
        #expect(try JSON(parsing: "1e-400").doubleValue == 0)
        #expect(try JSON(parsing: "4.9e-324").doubleValue == .leastNonzeroMagnitude)
        #expect(try JSON(parsing: "1.7976931348623157e308").doubleValue == Double.greatestFiniteMagnitude)
        expectMalformed("1e309", .numberOutOfRange, at: 0)
        expectMalformed("[-1e999]", .numberOutOfRange, at: 1)
        expectMalformed(String(repeating: "1", count: 1025), .numberTooLong, at: 0)
    }

    @Test(
        "numbers outside the grammar",
        arguments: [
            "01", "-", "-a", "1.", ".5", "+1", "1e", "1e+", "0x10", "1.e2", "-01", "NaN", "Infinity", "-Infinity",
        ])
    func malformedNumbers(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test("escapes")
    func escapes() throws {
        #expect(try JSON(parsing: #""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{C}\n\r\t")
        #expect(try JSON(parsing: #""a\u00e9b\u20ACc\uD834\uDD1Ed""#) == "aéb€c𝄞d")
        #expect(try JSON(parsing: #""\u0000""#) == "\0")
        expectMalformed(#""\x41""#, .escape, at: 1)
        expectMalformed(#""\u12g4""#, .escape, at: 1)
        expectMalformed(#""\u12"#, .endOfInput, at: 5)
    }

    @Test(
        "half a surrogate pair is refused wherever it stands",
        arguments: [#"\uD834"#, #"\uDD1E"#, #"\uD834x"#, #"\uD834\n"#, #"\uD834\uD834"#, #"\uDD1E\uD834"#])
    func loneSurrogates(text: String) {
        expectMalformed("\"\(text)\"", .loneSurrogate, at: 1)
    }

    @Test("invalid UTF-8 is refused in values and keys: overlong, surrogate, cut short, beyond U+10FFFF")
    func invalidUTF8() {
        for bytes: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80], [0x80],
        ] {
            let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
            #expect(throws: JSONError.malformed(.invalidUTF8, offset: 0)) { try JSON(parsing: quoted) }
            let key = Array("{\"\\n".utf8) + bytes + Array("\":1}".utf8)
            #expect(throws: JSONError.malformed(.invalidUTF8, offset: 1)) { try JSON(parsing: key) }
        }
        #expect(throws: JSONError.malformed(.unexpectedByte, offset: 0)) {
            try JSON(parsing: [0xEF, 0xBB, 0xBF, 0x31])
        }
    }

    @Test("what is wrong, and at which byte")
    func defects() {
        expectMalformed("", .endOfInput, at: 0)
        expectMalformed("  ", .endOfInput, at: 2)
        expectMalformed("1 2", .trailingBytes, at: 2)
        expectMalformed("nul", .literal, at: 0)
        expectMalformed("[1,]", .unexpectedByte, at: 3)
        expectMalformed("[1 2]", .missingComma, at: 3)
        expectMalformed("[1", .endOfInput, at: 2)
        expectMalformed("{a:1}", .missingKey, at: 1)
        expectMalformed(#"{"a" 1}"#, .missingColon, at: 5)
        expectMalformed(#"{"a":1,}"#, .missingKey, at: 7)
        expectMalformed(#"{"a":1]"#, .missingComma, at: 6)
        expectMalformed("\"a\nb\"", .controlCharacter, at: 2)
        expectMalformed("\"abc", .endOfInput, at: 4)
        expectMalformed("'a'", .unexpectedByte, at: 0)
    }

    @Test("a key given twice is refused, also when spelt differently")
    func duplicateKeys() {
        expectMalformed(#"{"a":1,"b":2,"a":1}"#, .duplicateKey, at: 13)
        expectMalformed(#"{"a":1,"\u0061":2}"#, .duplicateKey, at: 7)
        // é composed and decomposed: the same text to a person.
        expectMalformed(#"{"\u00e9":1,"e\u0301":2}"#, .duplicateKey, at: 12)
    }

    @Test("nesting of 64 is accepted, of 65 refused, of a million refused as cheaply")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(64))
        expectMalformed(nested(65), .tooDeep, at: 64)
        expectMalformed(String(repeating: "[", count: 1_000_000), .tooDeep, at: 64)
        expectMalformed(String(repeating: #"{"a":"#, count: 100_000), .tooDeep, at: 64 * 5)
    }

    @Test("the caller's limit is in bytes")
    func limit() throws {
        #expect(try JSON(parsing: "[1,2]", limit: 5) == [1, 2])
        #expect(throws: JSONError.malformed(.tooLarge, offset: 4)) { try JSON(parsing: "[1,2]", limit: 4) }
    }

    @Test("offsets in part of a larger buffer count from its start")
    func slice() throws {
        let bytes = Array("????[1,x]".utf8)
        #expect(throws: JSONError.malformed(.unexpectedByte, offset: 3)) { try JSON(parsing: bytes[4...]) }
    }

    private func expectMalformed(
        _ text: String, _ defect: JSONError.Defect, at offset: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: JSONError.malformed(defect, offset: offset), sourceLocation: sourceLocation) {
            try JSON(parsing: text)
        }
    }
}

@Suite("JSON writing") struct JSONWritingTests {
    private let value: JSON = [
        "job": "a\"b\\\n\u{1}\u{1F}é", "shape": [1, -2, 3.5], "none": nil, "yes": true,
        "parts": [["n": 1], [:]], "empty": [],
    ]

    @Test("compact: no white space, keys in the order of insertion, only what must be is escaped")
    func compact() {
        let text =
            #"{"job":"a\"b\\\n\u0001\u001fé","shape":[1,-2,3.5],"none":null,"yes":true,"parts":[{"n":1},{}],"empty":[]}"#
        #expect(value.text() == text)
        #expect(value.description == text)
        #expect(value.encoded() == Array(text.utf8))
    }

    @Test("pretty: a member a line; arrays of scalars stay on one")
    func pretty() {
        let text = #"""
            {
              "job": "a\"b\\\n\u0001\u001fé",
              "shape": [1, -2, 3.5],
              "none": null,
              "yes": true,
              "parts": [
                {
                  "n": 1
                },
                {}
              ],
              "empty": []
            }
            """#
        #expect(value.text(.pretty) == text)
    }

    @Test("what is written reads back equal, in both styles, and writes the same again")
    func roundTrip() throws {
        for style in [JSON.Style.compact, .pretty] {
            let read = try JSON(parsing: value.encoded(style))
            #expect(read == value)
            #expect(read.encoded(style) == value.encoded(style))
        }
    }

    @Test("every double keeps its bits")
    func doubles() throws {
        let doubles = [
            0.1, -0.0, 1, 1e20, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi, 0x1p53 + 2,
            -123456.789e-30,
        ]
        for double in doubles {
            let read = try #require(try JSON(parsing: JSON(double).encoded()).doubleValue)
            #expect(read.bitPattern == double.bitPattern, "\(double)")
        }
    }

    @Test("NaN and infinities, which JSON lacks, become null")
    func nonFinite() {
        #expect([JSON(Double.nan), JSON(Double.infinity), JSON(-Double.infinity)] == [nil, nil, nil])
        #expect(JSON.Number(Double.nan) == nil)
    }

    @Test("every scalar up to U+07FF survives a string")
    func scalars() throws {
        for code in UInt32(0)..<0x800 {
            let text = String(Unicode.Scalar(code).map(Character.init) ?? "?")
            #expect(try JSON(parsing: JSON(text).encoded()) == .string(text))
        }
    }
}

@Suite("JSON objects") struct JSONObjectTests {
    @Test("members keep their order; assigning replaces in place; nil removes")
    func order() {
        var object: JSON.Object = ["b": 1, "a": 2, "c": 3]
        object["a"] = 4
        object["b"] = nil
        object["d"] = 5
        #expect(object.keys == ["a", "c", "d"])
        #expect(JSON(object).text() == #"{"a":4,"c":3,"d":5}"#)
        #expect(object.members.map(\.value) == [4, 3, 5])
        #expect(object.count == 3)
    }

    @Test("equality ignores the order of keys")
    func equality() {
        let left: JSON = ["a": 1, "b": 2]
        #expect(left == ["b": 2, "a": 1])
        #expect(left != ["a": 1])
    }

    private let document = """
        {"job": "j1", "slots": 4, "ratio": 2, "drain": false, "tag": null, "labels": ["x", "y"], "shape": [1, 2],
         "big": 18446744073709551615, "limits": {"deep": {"n": "7"}}, "shards": [{"ms": 1.5}, {"ms": "slow"}],
         "mixed": ["x", 2]}
        """

    @Test("typed members")
    func typed() throws {
        let object = try JSON(parsing: document).object()
        #expect(try object.string("job") == "j1")
        #expect(try object.int("slots") == 4)
        #expect(try object.double("ratio") == 2)
        #expect(try object.bool("drain") == false)
        #expect(try object.uint64("big") == .max)
        #expect(try object.strings("labels") == ["x", "y"])
        #expect(try object.ints("shape") == [1, 2])
        #expect(try object.doubles("shape") == [1, 2])
        #expect(try object.array("mixed") == ["x", 2])
        #expect(try object.object("limits").object("deep").string("n") == "7")
        #expect(try object.objects("shards").count == 2)
    }

    @Test("optional members: absent and null are nil, another type throws")
    func optional() throws {
        let object = try JSON(parsing: document).object()
        #expect(try object.optionalString("tag") == nil)
        #expect(try object.optionalInt("absent") == nil)
        #expect(try object.optionalDouble("ratio") == 2)
        #expect(try object.optionalObject("absent") == nil)
        #expect(try object.optionalArray("absent") == nil)
        #expect(try object.optionalBool("drain") == false)
        #expect(try object.optionalUInt64("slots") == 4)
        expectError("job: expected an integer, found a string") { _ = try object.optionalInt("job") }
    }

    @Test("errors name the path from the root")
    func paths() throws {
        let object = try JSON(parsing: document).object()
        expectError("absent: missing") { _ = try object.string("absent") }
        expectError("slots: expected a string, found the number 4") { _ = try object.string("slots") }
        expectError("big: expected an integer, found the number 18446744073709551615") { _ = try object.int("big") }
        expectError("mixed[1]: expected a string, found the number 2") { _ = try object.strings("mixed") }
        expectError("limits.deep.n: expected an integer, found a string") {
            _ = try object.object("limits").object("deep").int("n")
        }
        expectError("shards[1].ms: expected a number, found a string") {
            _ = try object.objects("shards").map { try $0.double("ms") }
        }
        expectError("expected an object, found an array") { _ = try JSON([1]).object() }
    }

    @Test("a key that nobody reads is named")
    func unknownKeys() throws {
        let object = try JSON(parsing: document).object().object("limits")
        try object.allowOnly(["deep", "wide"])
        expectError("limits.deep: unknown key") { try object.allowOnly(["wide"]) }
    }

    private func expectError(
        _ description: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        let error = #expect(throws: JSONError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.description == description, sourceLocation: sourceLocation)
    }
}
