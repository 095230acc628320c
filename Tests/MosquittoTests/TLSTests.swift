import Fleet
import Foundation
import Mosquitto
import Testing

/// TLS: the broker is verified always, the client when the broker demands it.
@Suite struct TLSTests {
    private static let settings = """
        allow_anonymous true
        cafile DIR/ca.crt
        certfile DIR/broker.crt
        keyfile DIR/broker.key
        """

    @Test func aTrustedBrokerIsConnectedToAndOthersAreNot() async throws {
        try await RealBroker.with(Self.settings, prepare: Certificates.make) { broker in
            let address = broker.address(tls: true, host: "localhost")
            let trusted = TLSOptions(caFile: broker.path("ca.crt"))
            try await withMosquitto(address, options: ClientOptions(clientID: "tls"), tls: trusted) { transport in
                try await transport.subscribe([Subscription("tls/x")])
                let message = Message(topic: "tls/x", payload: Array(repeating: 7, count: 1 << 20))
                try await transport.publish(message)
                #expect(try await transport.nextMessage() == message)
            }

            let stranger = try await failure(address, tls: TLSOptions(caFile: broker.path("stranger.crt")))
            #expect(stranger.code == .tls)
            #expect(stranger.message.contains("not trusted"))

            let system = try await failure(address)
            #expect(system.code == .tls)
            #expect(system.message.contains("not trusted"))

            // The certificate is for "localhost", not for this address.
            let misnamed = try await failure(broker.address(tls: true), tls: trusted)
            #expect(misnamed.code == .tls)
            #expect(misnamed.message.contains("not for the host '127.0.0.1'"))

            let plain = try await failure(broker.address(), connect: .required(within: .zero))
            #expect([.unreachable, .timeout].contains(plain.code))
            #expect(plain.message.contains("not one for TLS"))

            let absent = try await failure(address, tls: TLSOptions(caFile: "/nonexistent/ca.crt"))
            #expect(absent.code == .tls)
            #expect(absent.message.contains("/nonexistent/ca.crt"))
        }
    }

    @Test func aDemandedClientCertificateIsGivenOrItsLackIsSaid() async throws {
        try await RealBroker.with(
            Self.settings + "\nrequire_certificate true\nuse_identity_as_username true", prepare: Certificates.make
        ) { broker in
            let address = broker.address(tls: true, host: "localhost")
            let files = (certificate: broker.path("client.crt"), key: broker.path("client.key"))
            let given = TLSOptions(
                caFile: broker.path("ca.crt"), certificateFile: files.certificate, keyFile: files.key)
            try await withMosquitto(address, options: ClientOptions(clientID: "mutual"), tls: given) { _ in }

            let lacking = try await failure(address, tls: TLSOptions(caFile: broker.path("ca.crt")))
            #expect(lacking.code == .tls)
            #expect(lacking.message.contains("client certificate"))

            let half = try await failure(
                address, tls: TLSOptions(caFile: broker.path("ca.crt"), certificateFile: files.certificate))
            #expect(half.code == .tls)
            #expect(half.message.contains("together"))
        }
    }

    @Test func aPlainPortIsNotMistakenForTLS() async throws {
        try await RealBroker.with { broker in
            let error = try await failure(
                broker.address(tls: true, host: "localhost"), connect: .required(within: .zero))
            #expect(error.code == .tls)
        }
    }
}
