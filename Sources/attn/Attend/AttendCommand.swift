import ArgumentParser
import AttnMath
import Client
import Codecs
import Dispatcher
import Fleet
import Foundation
import Mosquitto
import CommandOptions

/// `attn attend`: one attention job, by a fleet or in this process.
struct AttendCommand: AsyncParsableCommand, Sendable {
    static let configuration = CommandConfiguration(
        commandName: "attend",
        abstract: "Compute one attention job, by a fleet or here.",
        discussion: """
            REQUEST is a safetensors file with the inputs of the ONNX operator Attention (opset 25): tensors Q, K, V \
            and, if wanted, attn_mask, past_key and past_value, or nonpad_kv_seqlen. Its metadata holds the attributes \
            as strings, such as scale, is_causal, softcap, left_window_size, q_num_heads, kv_num_heads, and the outputs \
            wanted: Y (the default), present_key, present_value, qk_matmul_output. With op AdditiveAttention the tensors \
            W_query, W_key and w_score go with them. RESULT gets the outputs, Y in Q's type.

            Q, K and V are [batch, heads, length, head size], or [batch, length, heads × head size] with q_num_heads \
            and kv_num_heads. Types: F32, F16, BF16, F64; computed in float32.

            EXAMPLES
              By the fleet at a broker:
                attn attend job.safetensors -o y.safetensors --broker mqtt://pi
              The broker from the environment, and a report of who did what when:
                export ATTN_BROKER=mqtt://192.168.1.10:1883
                attn attend job.safetensors -o y.safetensors --report report.json
              One that survives the dispatcher; the same command again fetches the answer if this one is interrupted:
                attn attend job.safetensors -o y.safetensors --durable --job night-1 --timeout 3600
              The largest inputs across the broker once instead of twice, and partly computed here:
                attn attend job.safetensors -o y.safetensors --broker mqtt://pi --direct
              In this process, on all cores:
                attn attend job.safetensors -o y.safetensors --local

            ENVIRONMENT
              Each option of CONNECTION can come from a variable: ATTN_BROKER, ATTN_FLEET, ATTN_USER, … ATTN_PASSWORD \
            has no option. ATTN_ISA names the kernels that --local uses, such as baseline; else the best.

            EXIT STATUS
              0 when RESULT is written; 1 when the job failed, the broker was not reached or none is named; 64 for wrong \
            usage; 130 after Ctrl-C, which cancels the job, but a durable one goes on. RESULT is written whole or not at all.
            """)

    @Argument(help: ArgumentHelp("The request, a safetensors file.", valueName: "REQUEST"), completion: .file())
    var request: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the result goes; - is the standard output.", valueName: "RESULT"), completion: .file()
    )
    var output: String

    @Flag(help: "Compute in this process, without a fleet.")
    var local = false

    @Flag(help: "Be the dispatcher for this job: its inputs go straight to the workers.")
    var direct = false

    @Option(
        help: ArgumentHelp("With --local or --direct: threads to compute on; without it, one per core.", valueName: "n")
    )
    var threads: Int?

    @Option(help: ArgumentHelp("How long the job may take.", valueName: "seconds"))
    var timeout = 30.0

    @Option(
        name: .customLong("job"),
        help: ArgumentHelp("The job's ID; without it, the file's or a new one.", valueName: "id"))
    var jobID: String?

    @Option(help: ArgumentHelp("-100 to 100; higher goes first.", valueName: "n"))
    var priority = 0

    @Flag(help: "Have the job kept on the dispatcher's disk until it has ended.")
    var durable = false

    @Option(
        help: ArgumentHelp("Write a report of plan, shards and workers.", valueName: "FILE.json"), completion: .file())
    var report: String?

    @Flag(help: "Print one JSON object about the job instead of a line for people.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be above 0 and at most 86400")
        }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
        guard (-100...100).contains(priority) else { throw ValidationError("--priority must be -100 to 100") }
        if local, durable { throw ValidationError("--local and --durable exclude each other") }
        if direct, local || durable { throw ValidationError("--direct excludes --local and --durable") }
        if local, connection.broker != nil { throw ValidationError("--local and --broker exclude each other") }
    }

    func run() async throws {
        let tensors = try RequestFile.read(request)
        let job = try RequestFile.jobID(tensors, given: jobID)
        let result = try OutputFile(output)
        let reportFile = try report.map { path throws(CommandFailure) in try OutputFile(path) }
        let progress = ProgressLine()
        let work = Task {
            if local { return try await keep(try await runHere(tensors, job), result, reportFile) }
            if direct { return try await keep(try await runDirect(tensors, job, progress), result, reportFile) }
            try await runByFleet(tensors, job, progress) { try await keep($0, result, reportFile) }
        }
        let signals = InterruptHandler {
            progress.clear()
            work.cancel()
            await Self.wait(for: work, atMost: .seconds(2))
            OutputFile.removeUnfinished()
        }
        defer { signals.cancel() }
        do { try await work.value } catch  where work.isCancelled { await signals.waitForExit() }
    }

    /// Writes what came of the job.
    private func keep(_ answer: JobAnswer, _ result: OutputFile, _ report: OutputFile?) async throws {
        if let report, let content = answer.report {
            try report.write(content.encoded(.pretty) + [UInt8(ascii: "\n")])
        }
        guard answer.status == .done, let tensors = answer.tensors else { return try tellFailure(answer) }
        try result.write(tensors.bytes)
        tellSuccess(answer)
    }

    /// Lets cancelled work say good-bye.
    private static func wait(for work: Task<Void, any Error>, atMost bound: Duration) async {
        let (over, continuation) = AsyncStream<Void>.makeStream()
        Task {
            _ = await work.result
            continuation.finish()
        }
        Task {
            // Not cancelled: it ends by itself, or with the process.
            _ = try? await Task.sleep(for: bound)
            continuation.finish()
        }
        for await _ in over {}
    }

    private func runHere(_ tensors: Safetensors, _ job: JobID) async throws -> JobAnswer {
        let kernel = try AttentionKernel.fromEnvironment()
        let executor = LocalExecutor(kernel: kernel, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        do throws(JobError) {
            return try await executor.run(try JobRequest.encode(tensors, as: job))
        } catch {
            return JobAnswer(job: job, failure: error)
        }
    }

    private func runDirect(
        _ tensors: Safetensors, _ job: JobID, _ progress: ProgressLine
    ) async throws -> JobAnswer {
        let address = try connection.address(or: "compute here with --local")
        var options = try DirectDispatch.options(connection, address)
        options.localThreads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        options.kernel = try AttentionKernel.fromEnvironment()
        progress.show("connecting to \(address)")
        defer { progress.clear() }
        let payload = try JobRequest.encode(
            tensors, as: job, timeout: .seconds(timeout), priority: priority, wantsUpdates: true)
        return try await DirectDispatch.run(options, address, tls: try connection.tls()) { dispatcher in
            await dispatcher.run(payload) { progress.show($0) }
        }
    }

    private func runByFleet(
        _ tensors: Safetensors, _ job: JobID, _ progress: ProgressLine,
        _ keep: (JobAnswer) async throws -> Void
    ) async throws {
        let address = try connection.address(or: "compute here with --local")
        let fleet = try connection.fleetID()
        let id = ConnectionOptions.clientID()
        progress.show("connecting to \(address)")
        defer { progress.clear() }
        try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-client-\(id)"), tls: try connection.tls(),
            // An absent broker may just be coming up.
            connect: .required(within: .seconds(min(timeout, 5)))
        ) { transport in
            try await withFleetClient(
                id: id, user: address.user.flatMap { PeerID($0) }, fleet: fleet, transport: transport
            ) { client in
                let answer = try await client.run(tensors, as: job, timeout: .seconds(timeout), options) {
                    progress.show($0)
                }
                progress.clear()
                try await keep(answer)
                // Written: the dispatcher need not keep it for whoever asks again.
                await client.release(job)
            }
        }
    }

    private var options: JobOptions {
        var options = JobOptions(priority: priority, isDurable: durable)
        // Whoever wants it kept until it has ended may want it after an interruption too.
        options.isCancelledWithCaller = !durable
        return options
    }

    private func tellFailure(_ answer: JobAnswer) throws {
        let code = answer.errorCode ?? "unknown"
        let message = answer.errorMessage ?? "no reason was given"
        if json {
            Console.print(
                JSON.object([
                    "status": "failed", "error": .string(code), "message": .string(message),
                    "report": answer.report ?? nil,
                ]).text())
        }
        throw CommandFailure("the job failed: \(code): \(message)")
    }

    private func tellSuccess(_ answer: JobAnswer) {
        guard json else { return Console.say(summary(answer)) }
        Console.print(
            JSON.object(["status": "done", "output": .string(output), "report": answer.report ?? nil]).text())
    }

    private func summary(_ answer: JobAnswer) -> String {
        let report = answer.report?.objectValue
        let elapsed = report?["elapsed_ms"]?.doubleValue.map { String(format: "%.1f ms", $0) } ?? "?"
        let shards = (report?["plan"]?.objectValue?["shards"]?.intValue ?? 0).counted("shard")
        let workers = (report?["workers"]?.arrayValue?.count ?? 0).counted("worker")
        return "\(output): done in \(elapsed), \(shards) on \(local ? "this machine" : workers)"
    }
}
