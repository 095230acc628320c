import Client
import Codecs
import Dispatcher
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import Testing

extension Integration {
    @Suite("The broker goes and comes back", .serialized) struct BrokerFailureTests {
        @Test("Between jobs: everyone is back for the next one", arguments: [SIGTERM, SIGKILL])
        func betweenJobs(signal: Int32) async throws {
            try await withTestFleet { fleet in
                for round in 0..<3 {
                    let sample = SampleJob(seed: UInt64(round))
                    let answer = try await fleet.client.run(
                        try sample.request(), as: job("round-\(round)"), timeout: .seconds(60))
                    try await sample.check(answer)
                    if round < 2 { try await fleet.local.broker.restart(signal: signal) }
                }
            }
        }

        @Test("During a job: it ends right", arguments: [SIGTERM, SIGKILL])
        func duringAJob(signal: Int32) async throws {
            try await withTestFleet { fleet in
                let sample = SampleJob.large
                let answers = try await fleet.client.submit(
                    try sample.request(), as: job("interrupted"), timeout: .seconds(120))
                var isRestarted = false
                for await answer in answers {
                    if answer.status == .progress, !isRestarted {
                        isRestarted = true
                        try await fleet.local.broker.restart(signal: signal)
                    }
                    if answer.status.isFinal { try await sample.check(answer) }
                }
                #expect(isRestarted)
            }
        }
    }
}
