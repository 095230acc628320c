import ArgumentParser

/// `attn bench`: what fleets, workers and kernels take, beside what nothing could take less than.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a fleet, a worker, or the kernels of this machine.",
        subcommands: [
            BenchFleetCommand.self, BenchKernelCommand.self, BenchMachineCommand.self, BenchModelCommand.self,
            BenchRequestsCommand.self, BenchSensorsCommand.self, BenchStrategiesCommand.self,
            BenchWorkerCommand.self,
        ])
}
