import Codecs

/// Typed reading of a safetensors message's string metadata; every error names its field.
struct MessageFields {
    let fields: [String: String]

    func string(_ key: String) throws(MessageError) -> String {
        guard let value = fields[key] else { throw MessageError(.malformed, "'\(key)' is missing in the metadata") }
        return value
    }

    func parse<Value>(_ key: String, as kind: String, _ convert: (String) -> Value?) throws(MessageError) -> Value {
        let text = try string(key)
        guard let value = convert(text) else {
            throw MessageError(.malformed, "'\(key)' is '\(text.prefix(64))', not \(kind)")
        }
        return value
    }

    func optional<Value>(
        _ key: String, as kind: String, _ convert: (String) -> Value?
    ) throws(MessageError) -> Value? {
        fields[key] == nil ? nil : try parse(key, as: kind, convert)
    }

    func int(_ key: String) throws(MessageError) -> Int { try parse(key, as: "an integer") { Int($0) } }
}

/// Longest header of a message: a few tensors and fields, and an answer's report.
let messageHeaderLimit = 16 << 20

extension Safetensors {
    /// Parses a message's container.
    init(message payload: [UInt8]) throws(MessageError) {
        do throws(SafetensorsError) {
            self = try Safetensors(parsing: payload, headerLimit: messageHeaderLimit)
        } catch {
            throw MessageError(.malformed, "not safetensors: \(error.message)")
        }
    }

    func requireTensor(_ name: String) throws(MessageError) -> TensorInfo {
        guard let tensor = self[name] else { throw MessageError(.malformed, "tensor '\(name)' is missing") }
        return tensor
    }
}

/// Booleans as ONNX metadata writes them: `0`/`1`, also `true`/`false`.
package func parseBoolean(_ text: String) -> Bool? {
    switch text {
    case "1", "true", "True": true
    case "0", "false", "False": false
    default: nil
    }
}
