internal import CMosquitto

/// libmosquitto's own start, which must happen once and is not safe to do from two threads.
enum Library {
    private static let isStarted: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

    /// On Linux it cannot fail; should it, making the first client would.
    static func start() { _ = isStarted }
}
