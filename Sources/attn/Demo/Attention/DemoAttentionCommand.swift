import ArgumentParser
import Client
import Codecs
import Fleet
import Foundation
import LocalFleet
import Mosquitto
import CommandOptions

/// `attn demo attention`: real attention inputs through a real broker, with a worker killed on the way.
struct DemoAttentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract: "Watch a fleet on this machine compute attention and survive the loss of a worker.",
        discussion: """
            Starts a broker, a dispatcher and three workers. The first job is attention of layer 0 of all-MiniLM-L6-v2 \
            on a real paragraph, captured with PyTorch; the answer is compared with PyTorch's. The second is the same \
            paragraph over and over, which has the same answer row by row but takes much longer: halfway through it a \
            worker is killed with SIGKILL, and the job still ends with the right answer.

            EXAMPLES
              attn demo attention
              attn demo attention --repeats 16     a smaller second job, for a small machine
            """)

    @Option(help: ArgumentHelp("How often the second job repeats the paragraph, 2 to 128.", valueName: "n"))
    var repeats = 64

    func validate() throws {
        guard (2...128).contains(repeats) else { throw ValidationError("--repeats must be 2 to 128") }
    }

    func run() async throws {
        let input = try DemoInput.load()
        let page = DemoPage()
        page.title("Starting a broker, a dispatcher and three workers")
        var options = LocalFleet.Options()
        options.slots = 1
        // One head a shard: when a worker dies halfway, it holds some.
        let messageBytes = min(input.headBytes(repeated: repeats) * 3 / 2, 4 << 20)
        options.moreDispatcherArguments = ["--message-bytes", String(messageBytes)]
        options.executables.attn = Executables.own
        let signals = InterruptHandler { LocalFleet.removeFolders() }
        defer { signals.cancel() }
        do {
            try await withLocalFleet(options) { fleet in
                for (name, process) in await fleet.processes { page.line("process \(process): \(name)") }
                page.line("broker: \(fleet.brokerURL)")
                try await AttentionDemo(input: input, fleet: fleet, page: page, repeats: repeats).run()
            }
        } catch let error as LocalFleetError {
            throw CommandFailure("the demo's fleet: \(error)")
        }
        page.title("All taken down")
    }
}

/// What the demo does once its fleet is up.
struct AttentionDemo {
    let input: DemoInput
    let fleet: LocalFleet
    let page: DemoPage
    let repeats: Int

    func run() async throws {
        let id = ConnectionOptions.clientID()
        let address = try BrokerAddress(parsing: fleet.brokerURL)
        try await withMosquitto(address, options: ClientOptions(clientID: "attn-client-\(id)")) { transport in
            guard let home = PeerID("home") else { return }
            try await withFleetClient(id: id, fleet: home, transport: transport) { client in
                try await firstJob(client)
                try await secondJob(client)
            }
        }
    }

    private func firstJob(_ client: FleetClient) async throws {
        page.title("First job: layer 0 of all-MiniLM-L6-v2, \(input.shapeText(repeated: 1)), on a paragraph:")
        page.quote(input.text)
        let answer = try await job(client, name: "minilm-layer0", repeated: 1) { _ in }
        try conclude(answer, repeated: 1)
    }

    private func secondJob(_ client: FleetClient) async throws {
        page.title("Second job: the paragraph \(repeats) times over, \(input.shapeText(repeated: repeats))")
        let killer = Killer(fleet: fleet, page: page)
        let answer = try await job(client, name: "minilm-repeated", repeated: repeats) { done in
            await killer.halfway(done)
        }
        guard let victim = await killer.victim else {
            throw CommandFailure("the second job ended before a worker could be killed: try a larger --repeats")
        }
        try conclude(answer, repeated: repeats)
        page.line("\(victim) died on the way; the job did not")
        if answer.report?.objectValue?["retries"]?.arrayValue?.isEmpty != false {
            page.line("(what it held had just been done, so nothing was sent again: try a larger --repeats)")
        }
    }

    private func job(
        _ client: FleetClient, name: String, repeated: Int, onShard: (DemoProgress) async -> Void
    ) async throws -> JobAnswer {
        guard let id = JobID(name) else { throw CommandFailure("'\(name)' is no job ID") }
        let answers = try await client.submit(try input.request(repeated: repeated), as: id, timeout: .seconds(120))
        for await answer in answers {
            if answer.status.isFinal { return answer }
            guard let progress = DemoProgress(answer) else { continue }
            page.show(progress)
            await onShard(progress)
        }
        throw CommandFailure("no answer came")
    }

    private func conclude(_ answer: JobAnswer, repeated: Int) throws {
        guard answer.status == .done, let result = answer.tensors else {
            throw CommandFailure("the job failed: \(answer.errorCode ?? ""): \(answer.errorMessage ?? "")")
        }
        let difference = try input.largestDifference(result, repeated: repeated)
        page.conclude(answer.report, difference: difference)
        // Two float32 computations of a convex combination of values below 8 differ by rounding alone.
        guard difference < 1e-4 else { throw CommandFailure("the answer differs from PyTorch's by \(difference)") }
    }
}
