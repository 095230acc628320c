import ArgumentParser
import AttnMath
import Codecs
import Foundation
import KernelBench

/// `attn bench machine`: what no kernel can exceed.
struct BenchMachineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine",
        abstract: "Measure what this machine can do at most: multiply-adds of a core, and reading memory.",
        discussion: """
            The rate of float32 operations is that of independent multiply-adds in registers, as wide as the kernel's \
            vectors and fused where they are, on one core. The bandwidth is that of adding up 256 MiB in pages of the \
            usual size, as the kernels' operands lie, with and without asking for memory ahead. The best of all runs \
            counts: what disturbs them can only make them slower.

            With --stdin it measures anew for each line of the standard input, whatever it says.

            ATTN_ISA names the kernel's variant, such as baseline; else the best.

            EXAMPLES
              This machine:
                attn bench machine
              One core, for a script:
                taskset -c 0 attn bench machine --threads 1 --json
            """)

    @Option(help: ArgumentHelp("Threads that read memory together; else one for each core.", valueName: "n"))
    var threads: Int?

    @Option(help: ArgumentHelp("How often each is measured.", valueName: "n"))
    var runs = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Measure anew for each line of the standard input, and answer with a JSON object each.")
    var stdin = false

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs must be 1 to 1000") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
    }

    func run() async throws {
        let kernel = try AttentionKernel.fromEnvironment()
        let bench = MachineBench(kernel, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        if stdin {
            while readLine() != nil { Console.print(JSON.object(await bench.measure(runs: runs).json).text()) }
            return
        }
        let measurement = await bench.measure(runs: runs)
        Console.print(json ? JSON.object(measurement.json).text() : measurement.table)
    }
}

extension MachineMeasurement {
    /// For people.
    fileprivate var table: String {
        """
        multiply-adds, \(variant.rawValue), one core  \(String(format: "%8.1f GFLOP/s", gigaflops))
        reading memory, one thread    \(String(format: "%8.1f GB/s", readBandwidth))
        reading memory, \(threads) thread\(threads == 1 ? " " : "s")     \
        \(String(format: "%8.1f GB/s", readBandwidthOfAll))
        """
    }
}
