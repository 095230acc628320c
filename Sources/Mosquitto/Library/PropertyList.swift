internal import CMosquitto
internal import Fleet
internal import Glibc

/// MQTT 5 properties to send: a list that libmosquitto allocates and that is freed here, unless it is given away.
struct PropertyList: ~Copyable {
    private var head: OpaquePointer?

    /// The properties of a PUBLISH packet or of a will.
    ///
    /// - Throws: `LibraryFailure` when memory is short, or a text is not what MQTT allows.
    init(of message: Message) throws(LibraryFailure) {
        var head: OpaquePointer?
        var failure: LibraryFailure?
        if let topic = message.responseTopic {
            failure =
                failure ?? LibraryFailure(mosquitto_property_add_string(&head, id(MQTT_PROP_RESPONSE_TOPIC), topic))
        }
        if let data = message.correlationData {
            // Checked against 65,535 by `Message.validate`.
            let count = UInt16(clamping: data.count)
            failure =
                failure
                ?? LibraryFailure(mosquitto_property_add_binary(&head, id(MQTT_PROP_CORRELATION_DATA), data, count))
        }
        if let type = message.contentType {
            failure = failure ?? LibraryFailure(mosquitto_property_add_string(&head, id(MQTT_PROP_CONTENT_TYPE), type))
        }
        if let expiry = message.expiry {
            failure =
                failure
                ?? LibraryFailure(mosquitto_property_add_int32(&head, id(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL), expiry))
        }
        self.head = head
        if let failure { throw failure }
    }

    /// To read from, while this list lives.
    var borrowed: OpaquePointer? { head }

    /// For calls that take the list over; the caller frees it if they refuse.
    consuming func released() -> OpaquePointer? {
        let head = self.head
        discard self
        return head
    }

    deinit {
        var head = self.head
        mosquitto_property_free_all(&head)
    }
}

/// A property's identifier as libmosquitto's functions want it.
private func id(_ property: mqtt5_property) -> Int32 { Int32(bitPattern: property.rawValue) }

/// Reading what a received packet carries. The readers of libmosquitto return null when a property is absent.
extension Message {
    mutating func readProperties(_ properties: OpaquePointer?) {
        guard let properties else { return }
        responseTopic = Self.string(MQTT_PROP_RESPONSE_TOPIC, in: properties)
        contentType = Self.string(MQTT_PROP_CONTENT_TYPE, in: properties)
        var data: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        if mosquitto_property_read_binary(properties, id(MQTT_PROP_CORRELATION_DATA), &data, &count, false) != nil {
            correlationData = Array(UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(count)))
            free(data)
        }
        var seconds: UInt32 = 0
        if mosquitto_property_read_int32(properties, id(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL), &seconds, false) != nil {
            expiry = seconds
        }
    }

    private static func string(_ property: mqtt5_property, in properties: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard mosquitto_property_read_string(properties, id(property), &text, false) != nil, let text else {
            return nil
        }
        defer { free(text) }
        return String(cString: text)
    }
}

/// What a broker's CONNACK says that it can do, as far as it matters here. Absent means able and unlimited.
struct BrokerLimits: Sendable, Equatable {
    var maximumPacketSize: Int?
    /// What this broker lacks and an AttnFleet client cannot do without.
    var missing: [String] = []

    init(_ properties: OpaquePointer?) {
        guard let properties else { return }
        var size: UInt32 = 0
        if mosquitto_property_read_int32(properties, id(MQTT_PROP_MAXIMUM_PACKET_SIZE), &size, false) != nil {
            maximumPacketSize = Int(size)
        }
        let needed: [(mqtt5_property, String)] = [
            (MQTT_PROP_MAXIMUM_QOS, "QoS 1"), (MQTT_PROP_RETAIN_AVAILABLE, "retained messages"),
            (MQTT_PROP_WILDCARD_SUB_AVAILABLE, "wildcard subscriptions"),
            (MQTT_PROP_SHARED_SUB_AVAILABLE, "shared subscriptions"),
        ]
        for (property, name) in needed {
            var value: UInt8 = 1
            if mosquitto_property_read_byte(properties, id(property), &value, false) != nil, value == 0 {
                missing.append(name)
            }
        }
    }
}
