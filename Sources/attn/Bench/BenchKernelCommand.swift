import ArgumentParser
import AttnMath
import Codecs
import Foundation
import KernelBench

/// `attn bench kernel`: how fast this machine's kernel computes a block of attention.
struct BenchKernelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Measure the attention kernel of this machine.",
        discussion: """
            Computes a block of normal random numbers several times, after a warm-up, and prints the median. A sample \
            lasts at least 2 ms: smaller blocks are computed several times for one. Results are allocated anew each \
            time. Operations are those of the pairs of query and key that are seen; bytes are Q, K, V, the output and \
            its log-sum-exp, each once.

            With several threads the work is split by heads where they are enough, else by queries, or, where these \
            are few, by keys, whose results are merged; the time is that of the whole.

            With --stdin each line of the standard input is a JSON object with the options by their names (heads, \
            kv_heads, queries, keys, head_size, value_head_size, dtype, causal, window, threads, runs), and each line \
            of the standard output its result, or {"error": ...}. The numbers of the last block stay in memory, so \
            that a line may be repeated cheaply.

            ATTN_ISA names the kernel's variant, such as baseline; else the best.

            EXAMPLES
              A block of 8 heads:
                attn bench kernel --heads 8 --queries 2048 --keys 2048 --head-size 64
              One query against many keys in half precision, grouped heads, two threads, for a script:
                attn bench kernel --heads 32 --kv-heads 8 --queries 1 --keys 32768 --head-size 128 --dtype f16 \
            --threads 2 --json
            """)

    @Option(help: ArgumentHelp("Query heads.", valueName: "n"))
    var heads: Int?

    @Option(help: ArgumentHelp("Key/value heads, each shared by as many query heads; else as many.", valueName: "n"))
    var kvHeads: Int?

    @Option(help: ArgumentHelp("Queries.", valueName: "n"))
    var queries: Int?

    @Option(help: ArgumentHelp("Keys.", valueName: "n"))
    var keys: Int?

    @Option(help: ArgumentHelp("Length of a query and of a key in each head.", valueName: "n"))
    var headSize: Int?

    @Option(help: ArgumentHelp("Length of a value in each head; else the head size.", valueName: "n"))
    var valueHeadSize: Int?

    @Option(
        help: ArgumentHelp("How Q, K and V are stored: f32, f16 or bf16; computed in f32.", valueName: "type"),
        transform: DType.init(named:))
    var dtype = DType.f32

    @Flag(help: "Let a query see no later key; the last query stands at the last key.")
    var causal = false

    @Option(
        help: ArgumentHelp("Let a query see that many keys, the last one at its own position.", valueName: "keys"))
    var window: Int?

    @Option(help: ArgumentHelp("Threads that share the work.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("Samples.", valueName: "n"))
    var runs = KernelRequest.defaultRuns

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Measure what each line of the standard input asks for.")
    var stdin = false

    func validate() throws {
        if !stdin { _ = try request() }
    }

    func run() async throws {
        let kernel = try AttentionKernel.fromEnvironment()
        let bench = KernelBench(kernel)
        if stdin { return await answerLines(bench) }
        let measurement = try await bench.measure(try request())
        if json { return Console.print(JSON.object(measurement.json).text()) }
        Console.print(measurement.table)
    }

    private func request() throws -> KernelRequest {
        guard let heads, let queries, let keys, let headSize else {
            throw ValidationError("--heads, --queries, --keys and --head-size are needed")
        }
        do {
            let problem = try KernelProblem(
                heads: heads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: headSize,
                valueHeadSize: valueHeadSize, dtype: dtype, isCausal: causal, window: window)
            return try KernelRequest(problem, threads: threads, runs: runs)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func answerLines(_ bench: KernelBench) async {
        while let line = readLine() {
            let answer: JSON.Object
            do {
                let request = try KernelRequest(try JSON(parsing: Array(line.utf8)).object())
                answer = try await bench.measure(request).json
            } catch {
                answer = JSON.Object([("error", JSON("\(error)"))])
            }
            Console.print(JSON.object(answer).text())
        }
    }
}

extension KernelMeasurement {
    /// For people.
    fileprivate var table: String {
        let (problem, shape) = (request.problem, request.problem.shape)
        let heads = shape.kvHeads == shape.queryHeads ? "\(shape.queryHeads)" : "\(shape.queryHeads)/\(shape.kvHeads)"
        let visibility = problem.window.map { ", window \($0)" } ?? (problem.isCausal ? ", causal" : "")
        let threads = request.threads == 1 ? "1 thread" : "\(request.threads) threads"
        return """
            \(heads) heads × \(shape.queries) queries × \(shape.keys) keys × \(shape.headSize)\(visibility), \
            \(problem.dtype.rawValue), \(variant.rawValue), \(threads)
            median   \(String(format: "%10.3f ms   of %d samples", samples.median * 1e3, request.runs))
            least    \(String(format: "%10.3f ms", samples.least * 1e3))
            rate     \(String(format: "%10.2f GFLOP/s", gigaflops))
            memory   \(String(format: "%10.2f GB/s", gigabytesPerSecond))
            """
    }
}
