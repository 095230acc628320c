internal import CMosquitto
internal import Glibc

/// A return code of libmosquitto that is not success, with the `errno` that belongs to it.
struct LibraryFailure: Error, Equatable, CustomStringConvertible {
    let code: mosq_err_t
    /// For `MOSQ_ERR_ERRNO` a system error; for `MOSQ_ERR_EAI` a code of `getaddrinfo`.
    let systemError: Int32

    /// Nil for success. To be called before anything else can change `errno`.
    init?(_ code: Int32) {
        let systemError = errno
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return nil }
        self.code = mosq_err_t(code)
        self.systemError = systemError
    }

    /// What libmosquitto did not report as such.
    static let connectionLost = LibraryFailure(MOSQ_ERR_CONN_LOST)

    init(_ code: mosq_err_t) {
        self.code = code
        systemError = 0
    }

    /// libmosquitto reports what OpenSSL found while reading or writing as this system error.
    var isTLSError: Bool { code == MOSQ_ERR_ERRNO && systemError == EPROTO }

    var isNoConnection: Bool { code == MOSQ_ERR_NO_CONN }

    var description: String {
        code == MOSQ_ERR_ERRNO
            ? String(cString: strerror(systemError)) : String(cString: mosquitto_strerror(code.rawValue))
    }
}
