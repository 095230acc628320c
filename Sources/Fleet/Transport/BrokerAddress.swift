/// A broker's URL: `mqtt://[user:pass@]host[:1883]` or `mqtts://[user:pass@]host[:8883]`.
///
/// User and password may be percent-encoded (RFC 3986). An IPv6 host is in brackets. There is no path, query or
/// fragment. `description` never shows the password.
public struct BrokerAddress: Sendable, Equatable, CustomStringConvertible {
    public var host: String
    public var port: UInt16
    public var usesTLS: Bool
    public var user: String?
    public var password: String?

    public init(host: String, port: UInt16, usesTLS: Bool = false, user: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.user = user
        self.password = password
    }

    /// - Throws: `TransportError` with code `.invalidAddress`, which says what is wrong without the password.
    public init(parsing text: String) throws(TransportError) {
        func invalid(_ why: String) -> TransportError {
            TransportError(
                .invalidAddress,
                "broker address: \(why); write mqtt://[user:pass@]host[:1883] or mqtts://[user:pass@]host[:8883]")
        }
        let lowered = text.lowercased()
        var rest: Substring
        if lowered.hasPrefix("mqtts://") {
            (usesTLS, rest) = (true, text.dropFirst(8))
        } else if lowered.hasPrefix("mqtt://") {
            (usesTLS, rest) = (false, text.dropFirst(7))
        } else {
            throw invalid("it must start with mqtt:// or mqtts://")
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        (user, password) = (nil, nil)
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let user = Self.percentDecoded(parts[0]), !user.isEmpty else {
                throw invalid("the user name is empty or not valid percent-encoded UTF-8")
            }
            self.user = user
            if parts.count == 2 {
                guard let password = Self.percentDecoded(parts[1]) else {
                    throw invalid("the password is not valid percent-encoded UTF-8")
                }
                self.password = password
            }
        }
        var portText: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw invalid("an IPv6 host lacks its ']'") }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw invalid("unexpected text after ']'") }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(parts[0])
            portText = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty else { throw invalid("the host is missing") }
        guard !host.utf8.contains(where: { $0 <= 0x20 || "/?#@%[]".utf8.contains($0) }) else {
            throw invalid("the host has a character that no host name has (a path or query is not allowed)")
        }
        port = usesTLS ? 8883 : 1883
        if let portText {
            // `UInt16("+1")` is 1, but a URL's port is digits only.
            guard portText.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let value = UInt16(portText), value > 0 else {
                throw invalid("the port must be 1 to 65535")
            }
            port = value
        }
    }

    public var description: String {
        let login = user.map { "\($0)\(password == nil ? "" : ":***")@" } ?? ""
        let shownHost = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(usesTLS ? "mqtts" : "mqtt")://\(login)\(shownHost):\(port)"
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        // A NUL would end the C string that carries it, and with it the password that is checked.
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
