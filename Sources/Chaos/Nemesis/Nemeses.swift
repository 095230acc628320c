import Fleet
import Glibc
import LocalFleet
import Mosquitto
import Synchronization

/// Lets the nemeses loose on a fleet until their time is over, and mends what they broke.
struct Nemeses: Sendable {
    let fleet: LocalFleet
    let proxy: TCPProxy
    let address: BrokerAddress
    let topics: FleetTopics
    let tape: Tape
    let workers: Int
    let seed: UInt64
    let end: ContinuousClock.Instant
    let log: EventLog

    func run(_ chosen: Set<Nemesis>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for nemesis in Nemesis.allCases where chosen.contains(nemesis) {
                group.addTask { try await haunt(nemesis) }
            }
            try await group.waitForAll()
        }
    }

    private func haunt(_ nemesis: Nemesis) async throws {
        var random = SeededGenerator(seed: seed ^ UInt64(nemesis.rawValue.utf8.reduce(7) { $0 &* 31 &+ Int($1) }))
        if nemesis == .garbage { return try await litter(&random) }
        while ContinuousClock.now.advanced(by: nemesis.period) < end {
            try await Task.sleep(for: nemesis.period)
            try await strike(nemesis, &random)
        }
    }

    private func strike(_ nemesis: Nemesis, _ random: inout SeededGenerator) async throws {
        let worker = LocalFleet.worker(.random(in: 1...workers, using: &random))
        switch nemesis {
        case .worker:
            log.note(nemesis, "kill -9 \(worker)")
            try await fleet.end(worker)
            try await again { try await fleet.startWorker(worker) }
        case .hang:
            log.note(nemesis, "SIGSTOP \(worker)")
            // It may be dead already, by another hand.
            _ = try? await fleet.kill(worker, signal: SIGSTOP)
            try await Task.sleep(for: .seconds(10))
            _ = try? await fleet.kill(worker, signal: SIGCONT)
        case .broker:
            let signal = Bool.random(using: &random) ? SIGTERM : SIGKILL
            log.note(nemesis, signal == SIGTERM ? "SIGTERM" : "SIGKILL")
            let pause = Int.random(in: 10...2000, using: &random)
            try await again {
                try await fleet.broker.restart(signal: signal) { _ = try? await Task.sleep(for: .milliseconds(pause)) }
            }
        case .dispatcher:
            log.note(nemesis, "kill -9")
            try await fleet.end(LocalFleet.dispatcher)
            try await again { try await fleet.startDispatcher() }
        case .cut:
            let count = Int.random(in: 1...3, using: &random)
            log.note(nemesis, "\(count) connections")
            proxy.cut(count)
        case .throttle:
            log.note(nemesis, "200 kB/s")
            proxy.throttle(200_000)
            try await Task.sleep(for: .seconds(5))
            proxy.throttle(nil)
        case .garbage: break
        }
    }

    /// What is started while another nemesis strikes may not come up: it is started once more.
    private func again(_ start: @Sendable () async throws -> Void) async throws {
        for _ in 0..<20 {
            do { return try await start() } catch let error as LocalFleetError where error.code == .childState {
                return
            } catch {
                log.note(nil, "not up yet: \(error)")
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func litter(_ random: inout SeededGenerator) async throws {
        var random = random
        try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-chaos-litter"), connect: .retrying
        ) { transport in
            while ContinuousClock.now < end {
                try await Task.sleep(for: Nemesis.garbage.period)
                let message = Garbage.message(topics, workers: workers, tape, &random)
                log.count(.garbage)
                // Without a connection there is nobody to annoy.
                _ = try? await transport.publish(message)
            }
        }
    }
}

extension LocalFleet {
    /// kill -9, and waits for the end; nothing if it has ended already.
    fileprivate func end(_ name: String) async throws {
        guard (try? kill(name, signal: SIGKILL)) != nil else { return }
        _ = try await waitForExit(of: name, within: .seconds(10))
    }
}
