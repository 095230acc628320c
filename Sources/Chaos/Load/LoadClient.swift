import Client
import Codecs
import Fleet
import Mosquitto

/// A client that gives jobs one after the other, checks every answer, and writes down what became of each.
struct LoadClient: Sendable {
    let number: Int
    let run: String
    let seed: UInt64
    let address: BrokerAddress
    let fleet: PeerID
    let ledger: Ledger
    /// Jobs at a time.
    let width: Int
    let end: ContinuousClock.Instant

    /// Longer than all nemeses together hold a job up.
    static let timeout: Duration = .seconds(180)

    func work() async throws {
        let id = PeerID("chaos-\(number)")!
        try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-chaos-\(number)"), connect: .retrying
        ) { transport in
            try await withFleetClient(id: id, fleet: fleet, transport: transport) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<width {
                        group.addTask { try await give(client, lane) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    private func give(_ client: FleetClient, _ lane: Int) async throws {
        var random = SeededGenerator(seed: seed &+ UInt64(number * 1000 + lane))
        var count = 0
        while ContinuousClock.now < end, !Task.isCancelled {
            let job = try await ChaosJob(number: count * width + lane, client: number, run: run, &random)
            count += 1
            ledger.submitted(job)
            if Int.random(in: 0..<20, using: &random) == 0 {
                try await giveAndTakeBack(job, client)
            } else {
                try await giveAndCheck(job, client, asksAgain: Int.random(in: 0..<5, using: &random) == 0)
            }
        }
    }

    private func options(_ job: ChaosJob) -> JobOptions { JobOptions(isDurable: job.isDurable) }

    private func giveAndCheck(_ job: ChaosJob, _ client: FleetClient, asksAgain: Bool) async throws {
        let answer = try await client.run(job.request, as: job.id, timeout: Self.timeout, options(job)) { update in
            if update.status == .accepted { ledger.accepted(job.id) }
        }
        ledger.ended(job.id, verdict(answer, job))
        guard asksAgain, job.isDurable, answer.status == .done else { return await client.release(job.id) }
        // The kept answer, and the same.
        let again = try await client.run(job.request, as: job.id, timeout: Self.timeout, options(job))
        ledger.ended(job.id, verdict(again, job))
        await client.release(job.id)
    }

    private func verdict(_ answer: JobAnswer, _ job: ChaosJob) -> Ledger.Final {
        guard answer.status == .done else {
            let code = answer.errorCode ?? "unknown"
            return code == "no-answer" || code == "no-dispatcher" ? .lost : .failed(code)
        }
        return job.isRight(answer) ? .right : .wrong
    }

    private func giveAndTakeBack(_ job: ChaosJob, _ client: FleetClient) async throws {
        let task = Task {
            try await client.run(job.request, as: job.id, timeout: Self.timeout, options(job))
        }
        try await Task.sleep(for: .milliseconds(5))
        task.cancel()
        let final: Ledger.Final
        do { final = verdict(try await task.value, job) } catch { final = .cancelled }
        ledger.ended(job.id, final)
    }
}
