import Fleet
import Mosquitto

/// Hears every answer at the broker, and keeps messages between dispatcher and workers for whoever wants to send them once
/// more. Not those of clients: a request that is sent again after its answer was released is a new job, rightly.
struct Eavesdropper: Sendable {
    let address: BrokerAddress
    let topics: FleetTopics
    let ledger: Ledger
    let tape: Tape

    func listen() async throws {
        try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-chaos-ear"), connect: .retrying
        ) { transport in
            try await transport.subscribe([Subscription("\(topics.root)/#", qos: .atLeastOnce)])
            for await event in transport.events {
                guard case .message(let message) = event else { continue }
                switch topics.parse(message.topic) {
                case .answer: if let answer = try? JobAnswer(decoding: message.payload) { ledger.overheard(answer) }
                case .job, .jobControl, nil: break
                default: tape.record(message)
                }
            }
        }
    }
}
