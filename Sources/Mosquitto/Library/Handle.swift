internal import CMosquitto
internal import Fleet
internal import Glibc

/// One client of libmosquitto, for the life of a single connection.
///
/// A fresh one is made for every attempt: a used one would keep queued packets, broker limits and TLS state of the
/// connection before, and lets packets of other threads in front of its next CONNECT.
///
/// `@unchecked Sendable`: libmosquitto locks its own state (`mosquitto_threaded_set`), every method here is one or more
/// of its calls, and the two stored properties never change. `callbacks` belongs to the network thread: only `loop`,
/// which only that thread calls, leads into it. The one exception is its log, which has a lock.
final class Handle: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let callbacks: Connection

    init(_ options: ClientOptions, _ address: BrokerAddress, _ tls: TLSOptions?, callbacks: Connection)
        throws(ConnectionFailure)
    {
        Library.start()
        guard
            let pointer = mosquitto_new(options.clientID, true, Unmanaged.passUnretained(callbacks).toOpaque())
        else {
            throw ConnectionFailure(
                .protocolViolation,
                "the client ID '\(options.clientID)' cannot be used: it must be neither empty nor have control characters"
            )
        }
        self.pointer = pointer
        self.callbacks = callbacks
        // From here on the memory is released by deinit, also when one of these throws.
        try configure(options, address)
        if address.usesTLS { try secure(tls ?? TLSOptions()) }
        callbacks.install(on: pointer)
    }

    deinit { mosquitto_destroy(pointer) }

    private func configure(_ options: ClientOptions, _ address: BrokerAddress) throws(ConnectionFailure) {
        // Packets are written by the network thread alone; calls from others enqueue and wake it.
        try check(mosquitto_threaded_set(pointer, true), "set up threads")
        try check(mosquitto_int_option(pointer, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), "choose MQTT 5")
        // With Nagle's algorithm on, a small packet may wait 40 ms for the acknowledgement of the one before.
        try check(mosquitto_int_option(pointer, MOSQ_OPT_TCP_NODELAY, 1), "set TCP_NODELAY")
        if address.user != nil || address.password != nil {
            try check(mosquitto_username_pw_set(pointer, address.user, address.password), "set user and password")
        }
        if let will = options.will { try setWill(will) }
    }

    private func setWill(_ will: Message) throws(ConnectionFailure) {
        do throws(LibraryFailure) {
            let properties = try PropertyList(of: will).released()
            let code = will.payload.withUnsafeBytes { payload in
                mosquitto_will_set_v5(
                    pointer, will.topic, Int32(clamping: payload.count), payload.baseAddress,
                    Int32(will.qos.rawValue), will.retain, properties)
            }
            // On success the list is the library's.
            guard let failure = LibraryFailure(code) else { return }
            var refused = properties
            mosquitto_property_free_all(&refused)
            throw failure
        } catch {
            throw ConnectionFailure(.protocolViolation, "the will to \(will.topic) cannot be set: \(error)")
        }
    }

    private func check(_ code: Int32, _ step: String) throws(ConnectionFailure) {
        if let failure = LibraryFailure(code) {
            throw ConnectionFailure(.protocolViolation, "libmosquitto could not \(step): \(failure)")
        }
    }

    // MARK: - The network thread's

    /// Resolves the host, connects and hands the CONNECT packet over. Blocks, possibly for minutes.
    func connect(to address: BrokerAddress, keepAlive: UInt16) -> LibraryFailure? {
        LibraryFailure(
            mosquitto_connect_bind_v5(pointer, address.host, Int32(address.port), Int32(keepAlive), nil, nil))
    }

    /// Waits for traffic, at most this long, then reads and writes and calls back.
    func loop(milliseconds: Int32) -> LibraryFailure? { LibraryFailure(mosquitto_loop(pointer, milliseconds, 1)) }

    /// Whether the peer has gone, which libmosquitto does not notice during a TLS handshake: it would spin.
    var isPeerGone: Bool {
        var byte: UInt8 = 0
        let count = recv(mosquitto_socket(pointer), &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Stops the log callback, which makes the library format a line for every packet.
    func silence() { mosquitto_log_callback_set(pointer, nil) }

    // MARK: - Any thread's

    /// Enqueues a PUBLISH packet. The payload is copied.
    ///
    /// - Returns: the packet's identifier, which the publish callback will name.
    func publish(_ message: Message) -> Result<Int32, LibraryFailure> {
        var packet: Int32 = 0
        do throws(LibraryFailure) {
            let properties = try PropertyList(of: message)
            let code = message.payload.withUnsafeBytes { payload in
                mosquitto_publish_v5(
                    pointer, &packet, message.topic, Int32(clamping: payload.count), payload.baseAddress,
                    Int32(message.qos.rawValue), message.retain, properties.borrowed)
            }
            if let failure = LibraryFailure(code) { return .failure(failure) }
            return .success(packet)
        } catch {
            return .failure(error)
        }
    }

    func subscribe(_ filters: [String], _ qos: QoS) -> Result<Int32, LibraryFailure> {
        request(filters) { packet, count, list in
            mosquitto_subscribe_multiple(pointer, &packet, count, list, Int32(qos.rawValue), 0, nil)
        }
    }

    func unsubscribe(_ filters: [String]) -> Result<Int32, LibraryFailure> {
        request(filters) { packet, count, list in
            mosquitto_unsubscribe_multiple(pointer, &packet, count, list, nil)
        }
    }

    private func request(
        _ filters: [String],
        _ send: (inout Int32, Int32, UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Int32
    ) -> Result<Int32, LibraryFailure> {
        let copies = filters.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        guard !copies.contains(nil) else { return .failure(LibraryFailure(MOSQ_ERR_NOMEM)) }
        var packet: Int32 = 0
        let code = copies.withUnsafeBufferPointer { send(&packet, Int32(clamping: $0.count), $0.baseAddress) }
        if let failure = LibraryFailure(code) { return .failure(failure) }
        return .success(packet)
    }

    /// Enqueues a DISCONNECT packet; the loop ends once it is written.
    func disconnect() { mosquitto_disconnect_v5(pointer, 0, nil) }

    /// Breaks the connection as a failing network would.
    func sever() { shutdown(mosquitto_socket(pointer), Int32(SHUT_RDWR)) }

    /// For the TLS set-up in its own file.
    func withPointer<R>(_ body: (OpaquePointer) throws(ConnectionFailure) -> R) throws(ConnectionFailure) -> R {
        try body(pointer)
    }
}
