internal import CMosquitto
internal import Fleet
internal import Glibc

extension Handle {
    /// Where Linux distributions keep the authorities they trust.
    private static let systemAuthorities = "/etc/ssl/certs"

    /// Sets up TLS 1.2 or later with verification of the broker's certificate and host name.
    ///
    /// - Throws: `ConnectionFailure` with code `.tls`, naming the file that cannot be read.
    func secure(_ tls: TLSOptions) throws(ConnectionFailure) {
        try Self.checkReadable(tls.caFile, "CA file")
        try Self.checkReadable(tls.caPath, "CA directory")
        try Self.checkReadable(tls.certificateFile, "certificate")
        try Self.checkReadable(tls.keyFile, "key")
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            throw ConnectionFailure(
                .tls, "TLS: a client certificate and its key are needed together; one of them is not given")
        }
        let usesSystem = tls.caFile == nil && tls.caPath == nil
        let failure = try withPointer { (pointer) throws(ConnectionFailure) -> LibraryFailure? in
            // Besides the directory, OpenSSL's own default, which differs between distributions.
            LibraryFailure(mosquitto_int_option(pointer, MOSQ_OPT_TLS_USE_OS_CERTS, usesSystem ? 1 : 0))
                ?? LibraryFailure(
                    mosquitto_tls_set(
                        pointer, tls.caFile, usesSystem ? Self.systemAuthorities : tls.caPath, tls.certificateFile,
                        tls.keyFile,
                        // Without an answer to it, OpenSSL would ask for the key's password at the terminal.
                        { _, _, _, _ in 0 }))
                // 1 is OpenSSL's SSL_VERIFY_PEER; "tlsv1.2" is the oldest version allowed, not the only one.
                ?? LibraryFailure(mosquitto_tls_opts_set(pointer, 1, "tlsv1.2", nil))
        }
        if let failure { throw ConnectionFailure(.tls, "TLS could not be set up: \(failure)") }
    }

    private static func checkReadable(_ path: String?, _ noun: String) throws(ConnectionFailure) {
        guard let path, access(path, R_OK) != 0 else { return }
        throw ConnectionFailure(.tls, "TLS: the \(noun) \(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
