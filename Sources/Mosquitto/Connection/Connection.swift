internal import CMosquitto
internal import Fleet

/// What libmosquitto calls back about one connection. Belongs to the network thread.
///
/// Callbacks run inside `Handle.loop`, with locks of the library held: they note what happened, tell the session, and
/// return. What follows from it is done by the loop.
final class Connection {
    private let session: Session
    /// Lines that the library logged as errors, which is how it tells what OpenSSL found.
    let log = ErrorLog()
    /// The broker's answer to CONNECT was yes.
    private(set) var limits: BrokerLimits?
    /// It was no, or the broker ended the connection.
    private(set) var failure: ConnectionFailure?
    /// The library closed the connection: after our DISCONNECT, or after a failure that it returns as well.
    private(set) var isEnded = false
    /// Messages that came before `.connected` was said, to be told after it.
    private var held: [Message]? = []
    private var heldBytes = 0

    init(session: Session) { self.session = session }

    /// Gives the connection up, unless a reason to is known already.
    func fail(_ error: TransportError) {
        failure = failure ?? ConnectionFailure(error.code, error.message)
    }

    /// Says `.connected`, then what arrived before it.
    func announce() {
        session.events.send(.connected)
        for message in held ?? [] { session.events.send(.message(message)) }
        held = nil
    }

    func received(_ message: Message) {
        guard let held else {
            session.events.send(.message(message))
            return
        }
        let bound = session.options.mailbox
        guard held.isEmpty || (held.count < bound.messages && heldBytes + message.payload.count <= bound.bytes) else {
            session.events.countDropped()
            return
        }
        heldBytes += message.payload.count
        self.held?.append(message)
    }

    private func accepted(_ limits: BrokerLimits) {
        if limits.missing.isEmpty {
            self.limits = limits
        } else {
            let missing = limits.missing.joined(separator: ", ")
            fail(
                TransportError(
                    .protocolViolation, "\(session.explainer.address) does not offer \(missing): use another broker"))
        }
    }

    private func acknowledged(_ packet: Int32, _ reasons: [UInt8]) {
        let explainer = session.explainer
        let refused = session.step { $0.acknowledged(packet, reasons, explainer) }
        if !refused.isEmpty { fail(explainer.refusedSubscriptions(refused)) }
    }

    private func ended(_ reason: Int32) {
        isEnded = true
        // Below 128 it is a code of the library, which `loop` returns as well.
        if reason >= 128 { failure = failure ?? session.explainer.goodbye(UInt8(truncatingIfNeeded: reason)) }
    }
}

// MARK: - C callbacks

extension Connection {
    func install(on pointer: OpaquePointer) {
        mosquitto_log_callback_set(pointer) { _, object, level, line in
            guard UInt32(bitPattern: level) == UInt32(MOSQ_LOG_ERR), let line else { return }
            Connection.at(object)?.log.append(String(cString: line))
        }
        mosquitto_connect_v5_callback_set(pointer) { _, object, reason, _, properties in
            guard let connection = Connection.at(object) else { return }
            if reason == 0 {
                connection.accepted(BrokerLimits(properties))
            } else {
                connection.failure = connection.session.explainer.refusal(UInt8(truncatingIfNeeded: reason))
            }
        }
        mosquitto_disconnect_v5_callback_set(pointer) { _, object, reason, _ in
            Connection.at(object)?.ended(reason)
        }
        mosquitto_subscribe_v5_callback_set(pointer) { _, object, packet, count, granted, _ in
            let reasons = UnsafeBufferPointer(start: granted, count: granted == nil ? 0 : Int(count))
            Connection.at(object)?.acknowledged(packet, reasons.map { UInt8(truncatingIfNeeded: $0) })
        }
        mosquitto_unsubscribe_v5_callback_set(pointer) { _, object, packet, _ in
            Connection.at(object)?.acknowledged(packet, [])
        }
        mosquitto_publish_v5_callback_set(pointer) { _, object, packet, reason, _ in
            Connection.at(object)?.session.step { $0.settled(packet, reason: reason) }
        }
        mosquitto_message_v5_callback_set(pointer) { _, object, message, properties in
            guard let message = message?.pointee, let topic = message.topic else { return }
            let count = message.payload == nil ? 0 : Int(message.payloadlen)
            var received = Message(
                topic: String(cString: topic),
                payload: Array(UnsafeRawBufferPointer(start: message.payload, count: count)),
                qos: message.qos == 0 ? .atMostOnce : .atLeastOnce, retain: message.retain)
            received.readProperties(properties)
            Connection.at(object)?.received(received)
        }
    }

    private static func at(_ object: UnsafeMutableRawPointer?) -> Connection? {
        object.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }
}
