internal import CMosquitto
internal import Fleet
internal import Glibc

/// Reading what a received packet carries. The readers of libmosquitto return null when a property is absent.
extension Message {
    mutating func readProperties(_ properties: OpaquePointer?) {
        guard let properties else { return }
        responseTopic = Self.string(MQTT_PROP_RESPONSE_TOPIC, in: properties)
        contentType = Self.string(MQTT_PROP_CONTENT_TYPE, in: properties)
        var data: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        if mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA.identifier, &data, &count, false)
            != nil
        {
            correlationData = Array(UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(count)))
            free(data)
        }
        var seconds: UInt32 = 0
        if mosquitto_property_read_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.identifier, &seconds, false)
            != nil
        {
            expiry = seconds
        }
    }

    private static func string(_ property: mqtt5_property, in properties: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard mosquitto_property_read_string(properties, property.identifier, &text, false) != nil, let text else {
            return nil
        }
        defer { free(text) }
        return String(cString: text)
    }
}
