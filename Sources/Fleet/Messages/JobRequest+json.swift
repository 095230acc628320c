import Codecs

/// Small requests may be JSON: what would be metadata as members, and a model's `inputs` as an array.
extension JobRequest {
    /// Whether a payload is JSON and not safetensors: these begin with 8 bytes of a length, of which the last are 0.
    public static func isJSON(_ payload: [UInt8]) -> Bool {
        let spaces: [UInt8] = [0x20, 0x09, 0x0a, 0x0d]
        return payload.first { !spaces.contains($0) } == UInt8(ascii: "{") && !payload.prefix(8).contains(0)
    }

    /// The same request as safetensors.
    ///
    /// Numbers and booleans become what they are written as, arrays and objects JSON text, `null` nothing.
    /// - Throws: `JobError.invalidRequest` if it is no JSON object, or larger than 64 MiB.
    public static func safetensors(fromJSON payload: [UInt8]) throws(JobError) -> [UInt8] {
        var metadata: [String: String] = [:]
        do throws(JSONError) {
            let object = try JSON(parsing: payload, limit: 64 << 20).object()
            for key in object.keys {
                switch object[key] {
                case .string(let text): metadata[key] = text
                case .null, nil: break
                case let value?: metadata[key] = value.text()
                }
            }
        } catch {
            throw JobError(.invalidRequest, "the request is no JSON: \(error)")
        }
        do throws(SafetensorsError) {
            return try Safetensors.encode(metadata: metadata, tensors: [])
        } catch {
            throw JobError(.invalidRequest, error.message)
        }
    }
}
