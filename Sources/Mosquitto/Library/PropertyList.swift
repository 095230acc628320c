internal import CMosquitto
internal import Fleet

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
                failure
                ?? LibraryFailure(mosquitto_property_add_string(&head, MQTT_PROP_RESPONSE_TOPIC.identifier, topic))
        }
        if let data = message.correlationData {
            // Checked against 65,535 by `Message.validate`.
            let count = UInt16(clamping: data.count)
            failure =
                failure
                ?? LibraryFailure(
                    mosquitto_property_add_binary(&head, MQTT_PROP_CORRELATION_DATA.identifier, data, count))
        }
        if let type = message.contentType {
            failure =
                failure ?? LibraryFailure(mosquitto_property_add_string(&head, MQTT_PROP_CONTENT_TYPE.identifier, type))
        }
        if let expiry = message.expiry {
            failure =
                failure
                ?? LibraryFailure(
                    mosquitto_property_add_int32(&head, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.identifier, expiry))
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

extension mqtt5_property {
    /// As libmosquitto's functions want it.
    var identifier: Int32 { Int32(bitPattern: rawValue) }
}
