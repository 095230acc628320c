import Codecs

/// Parses a JSON message of the current protocol and hands its fields to `read`.
func decodeJSON<Value>(
    _ payload: [UInt8], _ read: (JSON.Object) throws(JSONError) -> Value
) throws(MessageError) -> Value {
    let json: JSON.Object
    let version: String?
    do throws(JSONError) {
        json = try JSON(parsing: payload).object()
        version = try json.optionalString("protocol")
    } catch {
        throw MessageError(.malformed, error.description)
    }
    try ProtocolVersion.check(version)
    do throws(JSONError) { return try read(json) } catch { throw MessageError(.malformed, error.description) }
}

/// The leases in a worker's message; what is no lease is skipped.
func decodeLeases(_ json: JSON.Object) throws(JSONError) -> [LeaseToken] {
    guard let leases = json["leases"], !leases.isNull else { return [] }
    return try json.strings("leases").compactMap { LeaseToken($0) }
}
