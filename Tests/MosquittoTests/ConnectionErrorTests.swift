import Fleet
import Foundation
import Glibc
import Testing

@testable import Mosquitto

/// Each thing that can stand in the way of the first connection has an error of its own.
@Suite struct ConnectionErrorTests {
    @Test func anAbsentBrokerIsNamedWithItsAddressAndNotItsPassword() async throws {
        let address = BrokerAddress(
            host: "127.0.0.1", port: try RealBroker.freePort(), user: "bob", password: "secret")
        let error = try await failure(address, connect: .required(within: .zero))
        #expect(error.code == .unreachable)
        #expect(error.isRetryable)
        #expect(
            error.message.hasPrefix("nothing listens at mqtt://bob:***@127.0.0.1:\(address.port) (connection refused)"))
        #expect(!error.message.contains("secret"))
    }

    @Test func anAbsentBrokerMayAppearWithinTheTimeGiven() async throws {
        try await RealBroker.with { broker in
            broker.stop(SIGKILL)
            async let opened: Bool = withMosquitto(
                broker.address(), options: ClientOptions(clientID: "patient"), connect: .required(within: .seconds(10))
            ) { _ in true }
            try await broker.start()
            #expect(try await opened)
        }
    }

    @Test func anUnknownHostIsSaidToBeOne() async throws {
        // RFC 6761 reserves .invalid: no resolver knows it.
        let address = BrokerAddress(host: "no-such-host.invalid", port: 1883)
        let error = try await failure(address, connect: .required(within: .zero))
        #expect(error.code == .unknownHost)
        #expect(error.message.contains("'no-such-host.invalid'"))
    }

    @Test func aWrongPasswordIsRefusedAtOnce() async throws {
        try await withPasswords { broker in
            let wrong = try await failure(broker.address(user: "bob", password: "wrong"))
            #expect(wrong.code == .notAuthorized)
            #expect(wrong.message.contains("user 'bob'") && !wrong.message.contains("wrong "))
            let none = try await failure(broker.address())
            #expect(none.code == .notAuthorized)
            #expect(none.message.contains("without user name"))
            let right = broker.address(user: "bob", password: "right")
            try await withMosquitto(right, options: ClientOptions(clientID: "c")) { _ in }
        }
    }

    @Test func aServerThatIsNoBrokerIsToldFromOneThatIs() async throws {
        // A listener that accepts connections, for its queue has room, and never says a word.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let port = try RealBroker.freePort()
        #expect(RealBroker.withAddress(port) { bind(listener, $0, $1) } == 0)
        #expect(listen(listener, 8) == 0)
        let error = try await failure(
            BrokerAddress(host: "127.0.0.1", port: port), connect: .required(within: .milliseconds(200)))
        #expect(error.code == .timeout)
    }

    @Test func cancellingTheWaitForAConnectionEndsIt() async throws {
        let address = BrokerAddress(host: "127.0.0.1", port: try RealBroker.freePort())
        let task = Task {
            try await withMosquitto(
                address, options: ClientOptions(clientID: "c"), connect: .required(within: .seconds(60))
            ) { _ in }
        }
        task.cancel()
        await #expect(throws: TransportError.self) { try await task.value }
    }

    /// An hour between attempts: without the interruption this would not end.
    @Test(.timeLimit(.minutes(5))) func closingInterruptsTheWaitBetweenAttempts() async throws {
        let address = BrokerAddress(host: "127.0.0.1", port: try RealBroker.freePort())
        var timing = Timing()
        timing.backOff = BackOff(shortest: .seconds(3600), longest: .seconds(3600))
        try await withMosquitto(
            address, options: ClientOptions(clientID: "c"), connect: .retrying, timing: timing
        ) { transport in
            _ = try await transport.nextEvent()
        }
    }

    @Test func retryingTellsTheReasonOnceAndConnectsWhenItCan() async throws {
        try await RealBroker.with { broker in
            broker.stop(SIGKILL)
            try await withMosquitto(
                broker.address(), options: ClientOptions(clientID: "retrying"), connect: .retrying
            ) { transport in
                guard case .disconnected(let reason) = try await transport.nextEvent() else {
                    Issue.record("the first event is the failure")
                    return
                }
                #expect(reason.contains("nothing listens"))
                try await transport.subscribe([Subscription("later")])
                await #expect(throws: TransportError.self) {
                    try await transport.publish(Message(topic: "later", payload: []))
                }
                try await transport.publish(Message(topic: "later", payload: [7], qos: .atLeastOnce))
                try await broker.start()
                #expect(try await transport.nextEvent() == .connected)
                #expect(try await transport.nextMessage().payload == [7])
            }
        }
    }
}

/// The error that opening ends with.
func failure(
    _ address: BrokerAddress, tls: TLSOptions? = nil, connect: ConnectPolicy = .required(within: .seconds(10))
) async throws -> TransportError {
    do {
        try await withMosquitto(address, options: ClientOptions(clientID: "refused"), tls: tls, connect: connect) { _ in
        }
    } catch let error as TransportError {
        return error
    }
    throw Missing(description: "it connected")
}

private func withPasswords(_ body: (RealBroker) async throws -> Void) async throws {
    let settings = "allow_anonymous false\npassword_file DIR/passwords"
    let prepare = { (directory: URL) in
        try RealBroker.run(
            "mosquitto_passwd", ["-b", "-c", directory.appendingPathComponent("passwords").path, "bob", "right"])
    }
    try await RealBroker.with(settings, prepare: prepare, body)
}
