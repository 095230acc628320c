import Foundation

extension LocalFleet {
    /// What a local fleet is made of.
    public struct Options: Sendable {
        /// How many workers it starts with.
        public var workers = 3
        /// Whether it has a dispatcher of its own; without one, another is to be started at its broker.
        public var hasDispatcher = true
        /// The fleet's name, the topic level below `attn/v1`.
        public var name = "home"
        /// An address of this machine for the broker.
        public var host = "127.0.0.1"
        /// The broker's port; nil: a free one.
        public var port: UInt16?
        /// Tasks that a worker computes at a time; nil: as the worker sees fit.
        public var slots: Int?
        /// The shares of one core that workers are held to, 0.001 to 64 each, so that they are as weak as devices are: the first
        /// worker to the first, and after the last again from the first. A worker that is started again keeps its share.
        /// Empty: each has all it can get. Needs the right to make control groups; see `whyNoShares`.
        public var workerShares: [Double] = []
        /// Threads on which the dispatcher computes what is sooner done there; 0: all goes to the workers.
        public var localThreads = 0
        public var logLevel = "info"
        /// Where the dispatcher keeps durable jobs; nil: in the fleet's own folder, which goes with it.
        public var journal: String?
        /// More arguments for each worker, and for the dispatcher.
        public var moreWorkerArguments: [String] = []
        public var moreDispatcherArguments: [String] = []
        public var executables = Executables()
        /// How long each child may take to get ready.
        public var startBound: Duration = .seconds(10)
        /// How long workers and dispatcher may drain after SIGTERM before they are killed.
        public var stopBound: Duration = .seconds(10)
        /// Called with each line that a child writes, from any thread.
        public var echo: (@Sendable (_ child: String, _ line: String) -> Void)?

        public init() {}

        func workerArguments(_ name: String, broker: String) -> [String] {
            serviceArguments(name, broker: broker) + (slots.map { ["--slots", String($0)] } ?? []) + moreWorkerArguments
        }

        func dispatcherArguments(_ name: String, broker: String, folder: String) -> [String] {
            serviceArguments(name, broker: broker) + ["--journal", journal ?? "\(folder)/journal"]
                + ["--local-threads", String(localThreads)] + moreDispatcherArguments
        }

        func echo(of child: String) -> (@Sendable (_ line: String) -> Void)? {
            guard let echo else { return nil }
            return { line in echo(child, line) }
        }

        private func serviceArguments(_ identifier: String, broker: String) -> [String] {
            ["--broker", broker, "--id", identifier, "--fleet", name, "--log-level", logLevel]
        }
    }

    /// Why workers cannot be held to a share of a core by this process; nil if they can.
    public static var whyNoShares: String? {
        do throws(LocalFleetError) {
            _ = try CoreShare("attn-fleet-trial-\(getpid())", share: 1).remove()
            return nil
        } catch {
            return error.message
        }
    }

    /// Removes the folders of all fleets of this process: for who is about to exit without waiting for a stop. The
    /// children then end by themselves.
    public static func removeFolders() { FleetFolder.removeAll() }
}
