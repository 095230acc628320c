internal import CMosquitto

/// What a broker's CONNACK says that it can do, as far as it matters here. Absent means able and unlimited.
struct BrokerLimits: Sendable, Equatable {
    var maximumPacketSize: Int?
    /// What this broker lacks and an AttnFleet client cannot do without.
    var missing: [String] = []

    init(_ properties: OpaquePointer?) {
        guard let properties else { return }
        var size: UInt32 = 0
        if mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE.identifier, &size, false) != nil {
            maximumPacketSize = Int(size)
        }
        let needed: [(mqtt5_property, String)] = [
            (MQTT_PROP_MAXIMUM_QOS, "QoS 1"), (MQTT_PROP_RETAIN_AVAILABLE, "retained messages"),
            (MQTT_PROP_WILDCARD_SUB_AVAILABLE, "wildcard subscriptions"),
            (MQTT_PROP_SHARED_SUB_AVAILABLE, "shared subscriptions"),
        ]
        for (property, name) in needed {
            var value: UInt8 = 1
            if mosquitto_property_read_byte(properties, property.identifier, &value, false) != nil, value == 0 {
                missing.append(name)
            }
        }
    }
}
