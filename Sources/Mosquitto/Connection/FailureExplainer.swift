internal import CMosquitto
internal import Fleet
internal import Glibc

/// Turns libmosquitto's codes into errors that say what happened and what to do next.
struct FailureExplainer: Sendable {
    let address: BrokerAddress
    let clientID: String
    let hasCertificate: Bool

    /// No TCP connection, or no TLS, came about.
    func dialling(_ failure: LibraryFailure, log: [String]) -> ConnectionFailure {
        switch failure.code {
        case MOSQ_ERR_EAI:
            return ConnectionFailure(
                .unknownHost,
                "the host name '\(address.host)' of \(address) does not resolve "
                    + "(\(String(cString: gai_strerror(failure.systemError)))): check its spelling and the DNS")
        case MOSQ_ERR_ERRNO where failure.systemError == ECONNREFUSED:
            return ConnectionFailure(
                .unreachable,
                "nothing listens at \(address) (connection refused): start a broker there, or give another --broker")
        case MOSQ_ERR_TLS:
            return tls(log)
        case MOSQ_ERR_ERRNO:
            return ConnectionFailure(
                .unreachable, "\(address) cannot be reached (\(failure)): check the network and the address")
        default:
            return ConnectionFailure(.unreachable, "\(address) cannot be connected to: \(failure)")
        }
    }

    /// The connection ended before the broker accepted it.
    func handshake(_ failure: LibraryFailure, log: [String]) -> ConnectionFailure {
        if failure.code == MOSQ_ERR_TLS || !log.isEmpty || failure.isTLSError { return tls(log) }
        if failure.code == MOSQ_ERR_ERRNO && failure.systemError == ECONNREFUSED { return dialling(failure, log: log) }
        if address.usesTLS {
            return ConnectionFailure(
                .tls,
                "\(address) ended the connection during the TLS handshake: check that this port speaks TLS"
                    + (hasCertificate ? "" : ", and whether the broker demands a client certificate"))
        }
        return ConnectionFailure(
            .unreachable,
            "\(address) ended the connection without an answer (\(failure)): "
                + "check that it is an MQTT 5 broker and that this port is not one for TLS")
    }

    func handshakeTimeout(after bound: Duration) -> ConnectionFailure {
        ConnectionFailure(
            .timeout,
            "\(address) was reached but did not answer within \(bound): check that it is an MQTT 5 broker"
                + (address.usesTLS ? " with TLS on this port" : " and that this port is not one for TLS"))
    }

    /// A CONNACK that says no. Codes below 6 are those of MQTT 3, which older brokers answer with.
    func refusal(_ reason: UInt8) -> ConnectionFailure {
        let said = "\(reasonText(reason)), code \(reason)"
        switch reason {
        case 1, 132:
            return ConnectionFailure(
                .protocolViolation, "\(address) does not speak MQTT 5 (\(said)): a broker with MQTT 5 is needed")
        case 2, 133:
            return ConnectionFailure(
                .protocolViolation, "\(address) refused the client ID '\(clientID)' (\(said)): choose another ID")
        case 4, 5, 134, 135, 138, 140:
            let who = address.user.map { "the user '\($0)'" } ?? "a client without user name"
            let advice =
                address.user == nil
                ? "give user and password as \(address.usesTLS ? "mqtts" : "mqtt")://user:password@host"
                : "check the user name and the password"
            return ConnectionFailure(.notAuthorized, "\(address) refused \(who) (\(said)): \(advice)")
        case 3, 136, 137, 159:
            return ConnectionFailure(.unreachable, "\(address) takes no connections now (\(said)): try again later")
        case 149:
            return ConnectionFailure(.tooLarge, "\(address) refused the connection: the will is too large (\(said))")
        default:
            return ConnectionFailure(.protocolViolation, "\(address) refused the connection (\(said))")
        }
    }

    /// An accepted connection that ended with a DISCONNECT from the broker.
    func goodbye(_ reason: UInt8) -> ConnectionFailure {
        if reason == 142 {
            return ConnectionFailure(
                .notConnected,
                "another client connected to \(address) with the ID '\(clientID)': give each process an ID of its own",
                isContested: true)
        }
        return ConnectionFailure(
            .notConnected, "\(address) ended the connection (\(reasonText(reason)), code \(reason))")
    }

    /// An accepted connection that broke.
    func loss(_ failure: LibraryFailure) -> ConnectionFailure {
        switch failure.code {
        case MOSQ_ERR_CONN_LOST:
            // mosquitto 2.0.11 throws the older of two clients with one ID out like this, without the DISCONNECT that
            // MQTT 5 has for it.
            ConnectionFailure(
                .notConnected,
                "\(address) closed the connection: it stopped, or another client connected with the ID '\(clientID)'")
        case MOSQ_ERR_KEEPALIVE:
            ConnectionFailure(.notConnected, "\(address) no longer answers: no packet within the keep-alive time")
        default:
            ConnectionFailure(.notConnected, "the connection to \(address) is lost (\(failure))")
        }
    }

    func refusedSubscriptions(_ refused: [SubscriptionBook.Refusal]) -> TransportError {
        let list = refused.map { "\($0.filter) (\(reasonText($0.reason)), code \($0.reason))" }
        return TransportError(
            .notAuthorized,
            "\(address) refused to subscribe '\(clientID)' to \(list.joined(separator: ", ")): check its access rules")
    }

    /// What OpenSSL said, as libmosquitto logged it, put into words.
    private func tls(_ log: [String]) -> ConnectionFailure {
        let detail = log.isEmpty ? "no detail given" : log.map(Self.withoutPrefix).joined(separator: "; ")
        func says(_ words: String) -> Bool { log.contains { strstr($0, words) != nil } }
        let advice: String
        if says("host name verification failed") {
            advice = "its certificate is not for the host '\(address.host)': use the name that it was issued for"
        } else if says("certificate verify failed") {
            advice = "its certificate is not trusted: give the authority that signed it as CA file"
        } else if says("certificate required") || says("handshake failure") {
            advice = "the broker demands a client certificate: give one, with its key"
        } else if says("alert") {
            advice = "the broker refused this client's certificate: check that an authority it trusts signed it"
        } else if says("wrong version number") || says("unexpected eof") {
            advice = "check that this port speaks TLS"
        } else {
            advice = "check the certificate files"
        }
        return ConnectionFailure(.tls, "no TLS connection to \(address) (\(detail)): \(advice)")
    }

    /// "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed" without all before the last colon.
    private static func withoutPrefix(_ line: String) -> String {
        guard line.hasPrefix("OpenSSL"), let colon = line.lastIndex(of: ":") else { return line }
        return String(line[line.index(after: colon)...])
    }

    private func reasonText(_ reason: UInt8) -> String { String(cString: mosquitto_reason_string(Int32(reason))) }
}
