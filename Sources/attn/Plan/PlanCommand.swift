import ArgumentParser
import Codecs
import CommandOptions
import Dispatcher
import Fleet
import Foundation
import Mosquitto

/// `attn plan`: how a job would be done, and how long that would take, without doing it.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Tell how a fleet would do an attention job, and how long it would take.",
        discussion: """
            REQUEST is as for attn attend. The fleet is one described in a file, for planning ahead, or one at a broker as its \
            dispatcher has measured it: --fleet names a file if it has a dot or a slash, else a fleet at --broker. Nothing is \
            computed or sent.

            EXAMPLES
              A fleet that does not exist yet:
                attn plan request.safetensors --fleet config/fleets/mixed.json --explain
              The fleet at a broker, and a picture of who would do what when:
                attn plan request.safetensors --broker mqtt://pi --svg timeline.svg

            EXIT STATUS
              0 with a plan; 1 if the request or the fleet cannot be used, nobody is there to compute, or the broker was not \
            reached; 64 for wrong usage.
            """)

    @Argument(help: ArgumentHelp("The request, a safetensors file.", valueName: "REQUEST"), completion: .file())
    var request: String

    @Flag(help: "Tell of the other ways to do it, of each worker's share, and what limits.")
    var explain = false

    @Option(help: ArgumentHelp("Draw who does what when.", valueName: "FILE.svg"), completion: .file())
    var svg: String?

    @Option(help: ArgumentHelp("Most bytes of tensors in one task or partial.", valueName: "bytes"))
    var messageBytes = 4 << 20

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard (4096...1 << 28).contains(messageBytes) else {
            throw ValidationError("--message-bytes must be 4096 to \(1 << 28)")
        }
        if svg == "-" {
            throw ValidationError("--svg needs a file: on the standard output is what is told of the plan")
        }
        if file != nil, connection.broker != nil {
            throw ValidationError("--fleet with a file and --broker exclude each other")
        }
    }

    /// No fleet's name has a dot or a slash.
    private var file: String? {
        connection.fleet.flatMap { $0.contains(where: { $0 == "." || $0 == "/" }) ? $0 : nil }
    }

    func run() async throws {
        let attention = try attention()
        let fleet = try await fleet()
        let start = ContinuousClock().now
        let (settled, plan): (AttentionRequest, FleetPlan?)
        do throws(JobError) {
            (settled, plan) = try attention.planned(for: fleet, PlanLimits(slots: 1, messageBytes: messageBytes))
        } catch {
            throw CommandFailure("\(request): \(error.message)")
        }
        let planning = start.duration(to: ContinuousClock().now)
        guard let plan else { throw CommandFailure("the fleet has no worker, and computes nothing at its dispatcher") }
        if let svg {
            let drawing = TimelineDrawing(plan, attention.problem, wire: settled.wire)
            try OutputFile(svg).write(Array(drawing.svg.utf8))
        }
        let summary = PlanSummary(plan, attention.problem, wire: settled.wire, planning: planning)
        if json { return Console.print(summary.json.text()) }
        Console.print(summary.sentence)
        if explain { for line in summary.explanation { Console.print(line) } }
    }

    private func attention() throws -> AttentionRequest {
        let tensors = try RequestFile.read(request)
        let job = try RequestFile.jobID(tensors, given: nil)
        do throws(JobError) {
            return try AttentionRequest(JobRequest(decoding: JobRequest.encode(tensors, as: job)))
        } catch {
            throw CommandFailure("\(request): \(error.message)")
        }
    }

    private func fleet() async throws -> FleetProfile {
        guard let file else { return try await measuredFleet() }
        let bytes = try RequestFile.bytes(file)
        do throws(JSONError) {
            return try FleetProfile(JSON(parsing: bytes, limit: 64 << 20).object())
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }

    /// What the first dispatcher tells that is heard.
    private func measuredFleet() async throws -> FleetProfile {
        let address = try connection.address(or: "describe a fleet with --fleet FILE.json")
        let topics = FleetTopics(fleet: try connection.fleetID())
        let profile = try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-plan-\(ConnectionOptions.clientID())"),
            tls: try connection.tls(), connect: .required(within: .seconds(5))
        ) { transport in
            try await transport.subscribe([Subscription("\(topics.root)/dispatcher/+/stats")])
            return await Self.profile(transport.events, within: .seconds(12))
        }
        guard let profile else {
            throw CommandFailure(
                "no dispatcher of fleet '\(try connection.fleetID())' at \(address) told of its fleet: start attn-dispatcher"
            )
        }
        return profile
    }

    private static func profile(_ events: Mailbox, within bound: Duration) async -> FleetProfile? {
        await withTaskGroup(of: FleetProfile?.self) { group in
            group.addTask {
                for await case .message(let message) in events {
                    do throws(JSONError) {
                        let stats = try JSON(parsing: message.payload, limit: 64 << 20).object()
                        // A dispatcher of more than 1000 workers tells nothing of them.
                        if let fleet = try stats.optionalObject("fleet") { return try FleetProfile(fleet) }
                    } catch {
                        Console.say("attn plan: \(message.topic) cannot be read, waiting for another: \(error)")
                    }
                }
                return nil
            }
            group.addTask {
                // Cancelled once there is a profile.
                try? await Task.sleep(for: bound)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
