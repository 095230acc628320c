import ArgumentParser
import Simulation

/// What a simulated fleet is made of.
struct ScaleMachineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("10⁹ operations a second of a worker's slot.", valueName: "n,…"))
    var gflops = DecimalList([1])

    @Option(help: ArgumentHelp("Tasks that a worker computes at a time.", valueName: "n,…"))
    var slots = NumberList([1])

    @Option(help: ArgumentHelp("A worker's link, each way: 12.5 is 100 Mbit/s.", valueName: "n,…"))
    var linkMbytesPerS = DecimalList([12.5])

    @Option(help: ArgumentHelp("From the broker to a worker and back.", valueName: "n,…"))
    var linkRoundTripMs = DecimalList([1])

    @Option(help: ArgumentHelp("What the broker hands on.", valueName: "n"))
    var brokerMbytesPerS = 400.0

    @Option(help: ArgumentHelp("What any message costs the broker besides.", valueName: "n"))
    var brokerMessageUs = 18.0

    @Option(help: ArgumentHelp("What the dispatcher lays out and reads.", valueName: "n"))
    var dispatcherMbytesPerS = 1400.0

    @Option(help: ArgumentHelp("What any message costs the dispatcher besides.", valueName: "n"))
    var dispatcherMessageUs = 140.0

    @Option(help: ArgumentHelp("What a heartbeat costs it.", valueName: "n"))
    var dispatcherHeartbeatUs = 15.0

    @Option(help: ArgumentHelp("The dispatcher's link to the broker, each way: 1250 is 10 Gbit/s.", valueName: "n"))
    var dispatcherLinkMbytesPerS = 1250.0

    @Option(
        help: ArgumentHelp(
            "What planning a job costs the dispatcher for each worker that is chosen from, at most 4096.",
            valueName: "n"))
    var planningUsPerWorker = 1.2

    func validate() throws {
        for (name, list) in [
            ("gflops", gflops), ("link-mbytes-per-s", linkMbytesPerS), ("link-round-trip-ms", linkRoundTripMs),
        ] {
            guard !list.numbers.isEmpty, list.numbers.allSatisfy((1e-6...1e6).contains) else {
                throw ValidationError("--\(name) must be numbers from 0.000001 to 1000000, with commas")
            }
        }
        guard !slots.numbers.isEmpty, slots.numbers.allSatisfy((1...4096).contains) else {
            throw ValidationError("--slots must be numbers from 1 to 4096, with commas")
        }
        for (name, value) in [
            ("broker-mbytes-per-s", brokerMbytesPerS), ("dispatcher-mbytes-per-s", dispatcherMbytesPerS),
            ("dispatcher-link-mbytes-per-s", dispatcherLinkMbytesPerS),
        ] {
            guard (1e-3...1e9).contains(value) else { throw ValidationError("--\(name) must be 0.001 to 1000000000") }
        }
        for (name, value) in [
            ("broker-message-us", brokerMessageUs), ("dispatcher-message-us", dispatcherMessageUs),
            ("dispatcher-heartbeat-us", dispatcherHeartbeatUs),
            ("planning-us-per-worker", planningUsPerWorker),
        ] {
            guard (0...1e6).contains(value) else { throw ValidationError("--\(name) must be 0 to 1000000") }
        }
    }

    func apply(to settings: inout ScaleSettings) {
        let lists = [
            gflops.numbers.count, slots.numbers.count, linkMbytesPerS.numbers.count, linkRoundTripMs.numbers.count,
        ]
        // In turn: as many kinds as it takes for each list to come round.
        settings.kinds = (0..<lists.reduce(1, leastCommonMultiple)).map { index in
            var worker = ScaleWorker()
            worker.speed = gflops[index] * 1e9
            worker.slots = slots.numbers[index % slots.numbers.count]
            worker.prefetch = worker.slots
            worker.bytesPerSecond = linkMbytesPerS[index] * 1e6
            worker.roundTrip = .nanoseconds(Int64(linkRoundTripMs[index] * 1e6))
            return worker
        }
        settings.broker = ScaleStation(bytesPerSecond: brokerMbytesPerS * 1e6, messageSeconds: brokerMessageUs / 1e6)
        settings.dispatcher = ScaleStation(
            bytesPerSecond: dispatcherMbytesPerS * 1e6, messageSeconds: dispatcherMessageUs / 1e6)
        settings.heartbeatSeconds = dispatcherHeartbeatUs / 1e6
        settings.dispatcherLink = ScaleStation(bytesPerSecond: dispatcherLinkMbytesPerS * 1e6, messageSeconds: 0)
        settings.planningSecondsPerWorker = planningUsPerWorker / 1e6
    }
}

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
    var (x, y) = (a, b)
    while y != 0 { (x, y) = (y, x % y) }
    return a / x * b
}
