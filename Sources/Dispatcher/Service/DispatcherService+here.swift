import Fleet
import Logging

/// Work that stays here.
extension DispatcherService {
    /// Lets the scheduler know of the dispatcher's own threads. Before the first job comes: one that finds nobody to be planned
    /// for waits for workers of the fleet.
    func announceHere() {
        guard let here else { return }
        handle(.fleet(.workerInfo(LocalWorker.id, here.birth, live: true)))
        handle(.fleet(.workerStatus(LocalWorker.id, online: true)))
    }

    /// Computes what is sent here, and beats, as a worker does.
    func runHere() async {
        guard let local = here else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.beatHere() }
            group.addTask {
                guard let speed = await local.measuredSpeed() else { return }
                await self.measuredHere(speed)
            }
            for await (computation, lease) in hereWork.stream {
                group.addTask { await self.compute(computation, lease) }
            }
            group.cancelAll()
        }
    }

    private func measuredHere(_ speed: Double) { meter.told(LocalWorker.id, ["attention": speed]) }

    private func beatHere() async {
        while !Task.isCancelled {
            handle(.fleet(.heartbeat(LocalWorker.id, LocalWorker.incarnation, leases: here?.leases ?? [])))
            do { try await clock.sleep(for: options.scheduler.heartbeat) } catch { return }
        }
    }

    func computeHere(_ task: @escaping LocalTask, _ lease: LeaseToken) {
        guard let computation = here?.begin(task, lease) else { return }
        hereWork.continuation.yield((computation, lease))
    }

    private func compute(_ computation: LocalWorker.Computation, _ lease: LeaseToken) async {
        do {
            let result = try await computation.run()
            here?.end(lease)
            if let result { received(result: result, LocalWorker.id) }
        } catch {
            here?.end(lease)
            logger.error("a task could not be computed here", metadata: ["reason": "\(error)"])
        }
    }
}
