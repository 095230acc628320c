internal import Fleet

/// Why a connection did not come about, or ended.
struct ConnectionFailure: Error, Equatable {
    let error: TransportError
    /// Another client connected with the same ID.
    var isContested = false

    init(_ code: TransportError.Code, _ message: String, isContested: Bool = false) {
        error = TransportError(code, message)
        self.isContested = isContested
    }
}
