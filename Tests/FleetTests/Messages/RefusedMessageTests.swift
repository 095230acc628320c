// Well-formed bytes that are not the message they should be: refused with the code that says why.

import Codecs
import Fleet
import Testing

@Suite("Refused messages") struct RefusedMessageTests {
    private func code(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) -> MessageError
        .Code?
    {
        do { try body() } catch let error as MessageError { return error.code } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
        return nil
    }

    private func json(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: Versions

    @Test("Any minor version of this major one is read", arguments: ["1", "1.0", "1.1", "1.999"])
    func spoken(version: String) throws {
        #expect(try Control(decoding: json(#"{"protocol":"\#(version)","command":"drain"}"#)) == .drain)
        _ = try TaskMessage(decoding: Samples.changing(Samples.task(), ["protocol": version]))
    }

    @Test(
        "Another major version, or none, is refused by every reader",
        arguments: ["2.0", "0.9", "10.0", "11", "01.0", "1.", ".1", "1.x", "1.0.0", "1 .0", "", "one", nil])
    func notSpoken(version: String?) throws {
        let member = version.map { #""protocol":"\#($0)","# } ?? ""
        for read: ([UInt8]) throws -> Void in [
            { _ = try WorkerInfo(decoding: $0) }, { _ = try WorkerStats(decoding: $0) },
            { _ = try Control(decoding: $0) },
        ] {
            let payload = json("{\(member)\"command\":\"drain\",\"incarnation\":1,\"slots\":1}")
            #expect(code { try read(payload) } == .version)
        }
        let task = try Samples.changing(Samples.task(), ["protocol": version])
        #expect(code { _ = try TaskMessage(decoding: task) } == .version)
        // Its header is read nevertheless, so that the dispatcher can be told.
        #expect(try TaskMessage.header(of: task).job == Samples.job)
        let result = try Samples.changing(Samples.result(), ["protocol": version])
        #expect(code { _ = try ResultMessage(decoding: result) } == .version)
        let answer = try Samples.changing(Samples.answer(), ["protocol": version])
        #expect(code { _ = try JobAnswer(decoding: answer) } == .version)
        guard version != nil else { return }
        // A request without a version is one of this version: clients may be three lines long.
        let request = try Samples.changing(Samples.request(), ["protocol": version])
        #expect(throws: JobError.self) { try JobRequest(decoding: request) }
    }

    @Test("A version that is no string is malformed")
    func versionOfAnotherKind() {
        #expect(code { _ = try Control(decoding: json(#"{"protocol":1.0,"command":"drain"}"#)) } == .malformed)
    }

    // MARK: JSON messages

    @Test(
        "A birth needs an incarnation and a believable number of slots",
        arguments: [
            (#""slots":1"#, MessageError.Code.malformed), (#""incarnation":1"#, .malformed),
            (#""incarnation":-1,"slots":1"#, .malformed),
            (#""incarnation":18446744073709551616,"slots":1"#, .malformed),
            (#""incarnation":1.5,"slots":1"#, .malformed), (#""incarnation":1,"slots":"1""#, .malformed),
            (#""incarnation":1,"slots":1e30"#, .malformed), (#""incarnation":1,"slots":NaN"#, .malformed),
            (#""incarnation":1,"slots":1e999"#, .malformed), (#""incarnation":1,"slots":0"#, .invalid),
            (#""incarnation":1,"slots":-4"#, .invalid), (#""incarnation":1,"slots":4097"#, .invalid),
            (#""incarnation":1,"slots":9223372036854775807"#, .invalid),
            (#""incarnation":1,"slots":1,"prefetch":-1"#, .invalid),
            (#""incarnation":1,"slots":1,"prefetch":4097"#, .invalid),
            (#""incarnation":1,"slots":1,"memory_bytes":-1"#, .malformed),
            (#""incarnation":1,"slots":1,"labels":[]"#, .malformed),
            (#""incarnation":1,"slots":1,"leases":["1-2",3]"#, .malformed),
            (#""incarnation":1,"slots":1,"slots":2"#, .malformed),
        ])
    func births(members: String, expected: MessageError.Code) {
        #expect(code { _ = try WorkerInfo(decoding: json(#"{"protocol":"1.0",\#(members)}"#)) } == expected)
    }

    @Test(
        "A heartbeat's numbers are numbers",
        arguments: [
            #""load":"NaN""#, #""load":1e999"#, #""running":1e19"#, #""messages_dropped":-1"#, #""leases":"1-2""#,
        ])
    func heartbeats(member: String) {
        #expect(
            code { _ = try WorkerStats(decoding: json(#"{"protocol":"1.0","incarnation":1,\#(member)}"#)) }
                == .malformed)
    }

    @Test(
        "A load that is not finite is written as none, not as what no reader takes", arguments: [Double.nan, .infinity])
    func notFinite(load: Double) throws {
        let stats = WorkerStats(incarnation: Incarnation(1), load: load)
        #expect(try WorkerStats(decoding: stats.encoded()).load == 0)
    }

    @Test("A control message is a known command, and a cancel names a lease")
    func control() {
        #expect(code { _ = try Control(decoding: json(#"{"protocol":"1.0","command":"reboot"}"#)) } == .unsupported)
        for text in [#""command":"cancel""#, #""command":"cancel","lease":"what""#, #""command":7"#, #""lease":"1-2""#]
        {
            #expect(code { _ = try Control(decoding: json(#"{"protocol":"1.0",\#(text)}"#)) } == .malformed)
        }
    }

    @Test("A status is one of two words", arguments: ["", "Online", "online\n", "offline ", "{}"])
    func presence(text: String) {
        #expect(code { _ = try Presence(decoding: Array(text.utf8)) } == .malformed)
    }

    // MARK: Tasks and results

    @Test(
        "A task's and a result's header is complete and well-formed",
        arguments: [
            ("message", ["", "job", nil]), ("job", ["", "a b", nil]),
            ("shard", ["", "x", "1.0", "9223372036854775808", nil]),
            ("attempt", ["", "one", nil]), ("lease", ["", "1", "1-2-3", "-", nil]),
            ("incarnation", ["", "-1", "18446744073709551616", "NaN", nil]),
        ] as [(String, [String?])])
    func headers(field: String, values: [String?]) throws {
        for value in values {
            let task = try Samples.changing(Samples.task(), [field: value])
            #expect(code { _ = try TaskMessage(decoding: task) } == .malformed, "\(value ?? "nothing")")
            let result = try Samples.changing(Samples.result(), [field: value])
            #expect(code { _ = try ResultMessage(decoding: result) } == .malformed, "\(value ?? "nothing")")
        }
    }

    @Test(
        "A task's numbers are finite and in range",
        arguments: [
            ("scale", ["nan", "inf", "-infinity", "1e39", "", "x", nil]),
            ("softcap", ["nan", "inf", "-1", "1e39", ""]),
            ("window_first", ["", "1.5", "9223372036854775808", "nan"]), ("window_last", ["", "1.5", "none"]),
            ("softmax_precision", ["", "10", "16", "double"]), ("qk_matmul_output", ["", "3", "-1", "raw"]),
        ] as [(String, [String?])])
    func taskNumbers(field: String, values: [String?]) throws {
        for value in values {
            let task = try Samples.changing(Samples.task(), [field: value])
            #expect(code { _ = try TaskMessage(decoding: task) } == .malformed, "\(value ?? "nothing")")
            #expect(try TaskMessage.header(of: task) == Samples.header)
        }
    }

    @Test(
        "A task with a field that is not known here is not supported: it may ask for another result",
        arguments: ["causal_offset", "window", "Scale", "dropout", ""])
    func unknownField(name: String) throws {
        let task = try Samples.changing(Samples.task(), [name: "1"])
        #expect(code { _ = try TaskMessage(decoding: task) } == .unsupported)
        #expect(try TaskMessage.header(of: task) == Samples.header)
        // Nothing of a result is left out by what is not known of it.
        _ = try ResultMessage(decoding: Samples.changing(Samples.result(), [name: "1"]))
    }

    @Test("A task for another operator is not supported, and its header can still be read")
    func otherOperator() throws {
        let task = try Samples.changing(Samples.task(), ["op": "MatMul"])
        #expect(code { _ = try TaskMessage(decoding: task) } == .unsupported)
        #expect(try TaskMessage.header(of: task).op == "MatMul")
        let missing = try Samples.changing(Samples.task(), ["op": nil])
        #expect(code { _ = try TaskMessage(decoding: missing) } == .malformed)
    }

    @Test("A result's status is one of three, and a code comes with what is not done")
    func resultStatus() throws {
        for changes in [
            ["status": "ok"], ["status": nil], ["status": "refused"], ["status": "failed"], ["queued_us": "-1"],
            ["compute_us": "nan"], ["compute_us": "18446744073709551616"],
        ] as [[String: String?]] {
            let result = try Samples.changing(Samples.result(), changes)
            #expect(code { _ = try ResultMessage(decoding: result) } == .malformed, "\(changes)")
        }
    }

    @Test("An answer's status is known, and its report is JSON")
    func answers() throws {
        for changes in [["status": "partially"], ["status": nil], ["job": nil], ["report": "{"]] as [[String: String?]]
        {
            let answer = try Samples.changing(Samples.answer(), changes)
            #expect(code { _ = try JobAnswer(decoding: answer) } == .malformed, "\(changes)")
        }
    }

    // MARK: Job requests

    @Test(
        "A request's fields are in range; the error says which is not",
        arguments: [
            ("job", ["", "a b", "é", nil]),
            ("deadline_ms", ["0", "-1", "86400001", "1e3", "nan", "99999999999999999999"]),
            ("priority", ["-101", "101", "high", ""]), ("updates", ["yes", ""]), ("durable", ["maybe"]),
            ("protocol", ["2.0"]),
        ] as [(String, [String?])])
    func requestFields(field: String, values: [String?]) throws {
        for value in values {
            let payload = try Samples.changing(Samples.request(), [field: value])
            do {
                _ = try JobRequest(decoding: payload)
                Issue.record("\(field) = \(value ?? "nothing") was taken")
            } catch {
                #expect(error.code == .invalidRequest)
                #expect(error.message.contains(field), "\(error.message)")
            }
        }
    }

    @Test("A request is not written that its reader would refuse")
    func requestsNotWritten() throws {
        let operands = try Samples.operands()
        for (timeout, priority) in [
            (Duration.seconds(86_401), 0), (.seconds(Int64.max), 0), (.seconds(1), 101), (.seconds(1), -101),
        ] {
            do {
                _ = try JobRequest.encode(operands, as: Samples.job, timeout: timeout, priority: priority)
                Issue.record("\(timeout), priority \(priority) was written")
            } catch { #expect(error.code == .invalidRequest) }
        }
        for (timeout, priority) in [(Duration.seconds(86_400), 100), (.zero, -100), (.seconds(-1), 0)] {
            _ = try JobRequest(
                decoding: JobRequest.encode(operands, as: Samples.job, timeout: timeout, priority: priority))
        }
    }
}
