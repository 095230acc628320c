import ArgumentParser
import Codecs
import Dispatcher
import Foundation

/// `attn trace`: a job's report for viewers of traces.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show a job's report in a trace viewer: who did what when, beside what was predicted.",
        discussion: """
            REPORT is what attn attend --report wrote, or what --json prints. TRACE is in the trace-event format: open it at \
            https://ui.perfetto.dev or in chrome://tracing; nothing is sent anywhere by opening it.

            Each worker is a process; its tasks are slices from their sending to their result, with their way there, their \
            waiting, their computing and their way back. Below it is what was predicted. The two ways are estimates: they are \
            told apart by their bytes, since clocks need not agree.

            EXAMPLES
              attn attend request.safetensors -o y.safetensors --broker mqtt://pi --report report.json
              attn trace report.json -o trace.json
              Without files between:
                attn attend request.safetensors -o y.safetensors --broker mqtt://pi --json | attn trace - -o trace.json

            EXIT STATUS
              0 when TRACE is written; 1 if REPORT cannot be read, is no report, or TRACE cannot be written; 64 for wrong usage.
            """)

    @Argument(help: ArgumentHelp("The report; - is the standard input.", valueName: "REPORT"), completion: .file())
    var report: String

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the trace goes; - is the standard output.", valueName: "TRACE"),
        completion: .file())
    var output: String

    func run() async throws {
        let file = try OutputFile(output)
        let trace = try trace(try ReportFile.read(report))
        try file.write(trace.encoded)
        guard output != "-" else { return }
        let (tasks, workers) = trace.summary
        Console.say(
            "\(output): \(tasks.counted("task")) of \(workers.counted("worker"))")
    }

    private func trace(_ bytes: [UInt8]) throws(CommandFailure) -> JobTrace {
        do throws(JSONError) {
            let json = try JSON(parsing: bytes, limit: ReportFile.mostBytes).object()
            // As --json prints it, with the report inside.
            return try JobTrace(json.optionalObject("report") ?? json)
        } catch {
            throw CommandFailure("\(ReportFile.name(report)) is no job's report: \(error)")
        }
    }
}
