/// How a `mqtts://` connection is verified, and how this client proves who it is. TLS 1.2 or later.
///
/// Files are PEM and are read again for every connection, so renewed certificates need no restart. The broker's
/// certificate and host name are always verified.
public struct TLSOptions: Sendable, Equatable {
    /// Certificate authorities that are trusted. With neither this nor `caPath`: those of the system.
    public var caFile: String?
    /// A directory of authorities, prepared with `openssl rehash`.
    public var caPath: String?
    /// This client's certificate chain; together with `keyFile`.
    public var certificateFile: String?
    /// The unencrypted private key of `certificateFile`.
    public var keyFile: String?

    public init(
        caFile: String? = nil, caPath: String? = nil, certificateFile: String? = nil, keyFile: String? = nil
    ) {
        self.caFile = caFile
        self.caPath = caPath
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
