import AttnMath
import Codecs

/// Typed reading of a `config.json`; every error names the file and the member.
struct ConfigurationReader {
    private let object: JSON.Object

    init(_ json: JSON) throws(ModelError) {
        object = try Self.reading { () throws(JSONError) in try json.object() }
    }

    /// Whether the model ends in classes and not in rows.
    var isClassifier: Bool {
        get throws(ModelError) {
            let architectures = try reading { (json) throws(JSONError) in
                json["architectures"] == nil ? [] : try json.strings("architectures")
            }
            return architectures.contains { $0.hasSuffix("ForSequenceClassification") }
                || object["model_type"]?.stringValue == "sensor_transformer"
        }
    }

    func string(_ key: String) throws(ModelError) -> String {
        try reading { (json) throws(JSONError) in try json.string(key) }
    }

    func string(_ key: String, or fallback: String) throws(ModelError) -> String {
        try reading { (json) throws(JSONError) in try json.optionalString(key) } ?? fallback
    }

    func int(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
        let value = try reading { (json) throws(JSONError) in try json.int(key) }
        guard range.contains(value) else {
            throw ModelError(
                .malformed, "config.json: \(key) is \(value), not \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A dimension of a tensor.
    func size(_ key: String) throws(ModelError) -> Int { try int(key, in: 1...1 << 20) }

    func number(_ key: String, or fallback: Double) throws(ModelError) -> Double {
        try reading { (json) throws(JSONError) in try json.optionalDouble(key) } ?? fallback
    }

    func bool(_ key: String, or fallback: Bool) throws(ModelError) -> Bool {
        try reading { (json) throws(JSONError) in try json.optionalBool(key) } ?? fallback
    }

    /// Whether there is such a member; one that is `null` is none, as in files that Python wrote.
    func has(_ key: String) -> Bool { object[key].map { $0 != .null } ?? false }

    func numbers(_ key: String, count: Int) throws(ModelError) -> [Double] {
        let values = try reading { (json) throws(JSONError) in try json.doubles(key) }
        try check(key, values.count, count)
        return values
    }

    func strings(_ key: String, count: Int) throws(ModelError) -> [String]? {
        guard object[key] != nil else { return nil }
        let values = try reading { (json) throws(JSONError) in try json.strings(key) }
        try check(key, values.count, count)
        return values
    }

    func activation(_ key: String) throws(ModelError) -> Activation {
        let name = try string(key)
        switch name {
        case "gelu": return .gelu
        case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
        case "relu": return .relu
        case "silu", "swish": return .silu
        default: throw ModelError(.unsupported, "config.json: \(key) '\(name.prefix(32))' is not computed here")
        }
    }

    /// The names of the classes by `id2label`: its keys are "0", "1" and so on.
    func labels() throws(ModelError) -> [String] {
        let map = try reading { (json) throws(JSONError) in try json.object("id2label") }
        var labels: [String] = []
        for index in 0..<map.keys.count {
            labels.append(try Self.reading { () throws(JSONError) in try map.string(String(index)) })
        }
        return labels
    }

    private func check(_ key: String, _ count: Int, _ expected: Int) throws(ModelError) {
        guard count == expected else {
            throw ModelError(.malformed, "config.json: \(key) has \(count) elements, not \(expected)")
        }
    }

    private func reading<Value>(_ body: (JSON.Object) throws(JSONError) -> Value) throws(ModelError) -> Value {
        try Self.reading { () throws(JSONError) in try body(object) }
    }

    private static func reading<Value>(_ body: () throws(JSONError) -> Value) throws(ModelError) -> Value {
        do throws(JSONError) { return try body() } catch { throw ModelError(.malformed, "config.json: \(error)") }
    }
}
