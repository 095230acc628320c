public import Codecs

/// A job's report as a trace, for viewers of the trace-event format such as ui.perfetto.dev and chrome://tracing.
///
/// The dispatcher is a process, and each worker is one, with what was predicted of it as another. A worker's tasks are on as few
/// threads as none overlaps on: each a slice from its sending to its result, and within that its way there, its waiting, its
/// computing and its way back. `docs/planning.md` says how these are known.
public struct JobTrace {
    /// In the order of their times.
    private(set) var events: [TraceEvent] = []
    private let job: ReportedJob
    private var processes = 0
    private var threads = 0
    private var arrows = 0

    private static let measured = "measured"
    private static let predicted = "predicted"

    /// - Parameter report: of a job that is done or failed.
    /// - Throws: `JSONError`, which names the member: missing, of another type, or no time of a job.
    public init(_ report: JSON.Object) throws(JSONError) {
        job = try ReportedJob(report)
        let course = addDispatcher()
        let (measured, predicted) = (job.tasks.byWorker, job.predictedTasks.byWorker)
        for worker in Set(measured.keys).union(predicted.keys).sorted() {
            if let tasks = measured[worker] { add(tasks, of: worker, Self.measured, from: course) }
            if let tasks = predicted[worker] { add(tasks, of: "\(worker), predicted", Self.predicted, from: nil) }
        }
        let all = events
        // Numbered, since sorting need not keep the order of equals.
        events = all.indices.sorted { a, b in
            all[a].isBefore(all[b]) || !all[b].isBefore(all[a]) && a < b
        }.map { all[$0] }
    }

    /// Attempts at shards, and workers that made them.
    public var summary: (tasks: Int, workers: Int) { (job.tasks.count, Set(job.tasks.map(\.worker)).count) }

    /// The trace-event format, an event a line.
    public var encoded: [UInt8] {
        var bytes = Array("{\"displayTimeUnit\":\"ms\",\"otherData\":".utf8)
        bytes += JSON.object(["job": .string(job.id), "op": .string(job.op)]).encoded()
        bytes += ",\"traceEvents\":[".utf8
        for (index, event) in events.enumerated() {
            bytes += (index == 0 ? "\n" : ",\n").utf8
            bytes += event.json.encoded()
        }
        return bytes + "\n]}\n".utf8
    }
}

// MARK: - The dispatcher

extension JobTrace {
    /// Where arrows to and from workers are tied to.
    private struct Course {
        let process: Int
        let job: Int
    }

    private mutating func addDispatcher() -> Course {
        let process = addProcess("dispatcher")
        let thread = addThread("job", process)
        let first = job.tasks.map(\.span.lowerBound).min()
        let last = job.tasks.reduce(0) { max($0, $1.merged ?? $1.span.upperBound) }
        add("job \(job.id)", 0..<max(job.elapsed, last, job.planned), process, thread, [("op", .string(job.op))])
        // Before the first task, whatever the report says.
        add("read and planned", 0..<min(job.planned, first ?? job.planned), process, thread)
        if let first { add("tasks", first..<last, process, thread) }
        if let predicted = job.predicted {
            let thread = addThread(Self.predicted, process)
            add("job, predicted", job.planned..<job.planned + predicted, process, thread, category: Self.predicted)
        }
        addMerging(process)
        if !job.incidents.isEmpty {
            let thread = addThread("retries and hedges", process)
            for incident in job.incidents {
                events.append(
                    TraceEvent(
                        kind: .instant, name: incident.name, category: Self.measured, time: incident.time,
                        process: process, thread: thread, arguments: incident.arguments))
            }
        }
        addCounter(process, thread)
        return Course(process: process, job: thread)
    }

    /// One result at a time: one thread, unless the report is none of ours.
    private mutating func addMerging(_ process: Int) {
        let merges = job.tasks.compactMap { task in
            task.merged.map { (task.shard, task.span.upperBound..<max($0, task.span.upperBound + 1)) }
        }
        let lanes = SpanLanes(merges.map(\.1))
        let threads = (0..<lanes.count).map { _ in addThread("results", process) }
        for (merge, lane) in zip(merges, lanes.lanes) {
            add("check and merge shard \(merge.0)", merge.1, process, threads[lane], [("shard", JSON(merge.0))])
        }
    }

    /// How many tasks are where.
    private mutating func addCounter(_ process: Int, _ thread: Int) {
        var changes: [(time: Int, phase: TaskWay.Phase, change: Int)] = []
        for task in job.tasks {
            for phase in TaskWay.Phase.allCases {
                guard let range = task.way?.range(of: phase), !range.isEmpty else { continue }
                changes += [(range.lowerBound, phase, 1), (range.upperBound, phase, -1)]
            }
        }
        changes.sort { $0.time < $1.time }
        var counts: [TaskWay.Phase: Int] = [:]
        for (index, change) in changes.enumerated() {
            counts[change.phase, default: 0] += change.change
            guard index + 1 == changes.count || changes[index + 1].time > change.time else { continue }
            events.append(
                TraceEvent(
                    kind: .counter, name: "tasks", category: Self.measured, time: change.time, process: process,
                    thread: thread, arguments: TaskWay.Phase.allCases.map { ($0.rawValue, JSON(counts[$0] ?? 0)) }))
        }
    }
}

// MARK: - Workers

extension JobTrace {
    private mutating func add(_ tasks: [TracedTask], of name: String, _ category: String, from course: Course?) {
        let process = addProcess(name)
        let lanes = SpanLanes(tasks.map(\.span))
        let threads = (0..<lanes.count).map { addThread("tasks \($0 + 1)", process) }
        for (task, lane) in zip(tasks, lanes.lanes) {
            add(task.name, task.span, process, threads[lane], task.arguments, category: category)
            guard let way = task.way else { continue }
            for phase in TaskWay.Phase.allCases where !way.range(of: phase).isEmpty {
                add(
                    phase.rawValue, way.range(of: phase), process, threads[lane], [("shard", JSON(task.shard))],
                    category: category)
            }
            guard let course else { continue }
            addArrow("task", way.sent, course.process, course.job, way.begun, process, threads[lane])
            addArrow("result", way.computed, process, threads[lane], way.received, course.process, course.job)
        }
    }

    private mutating func addArrow(
        _ name: String, _ from: Int, _ fromProcess: Int, _ fromThread: Int, _ to: Int, _ toProcess: Int, _ toThread: Int
    ) {
        arrows += 1
        events.append(
            TraceEvent(
                kind: .arrowBegin(arrows), name: name, category: Self.measured, time: from, process: fromProcess,
                thread: fromThread))
        events.append(
            TraceEvent(
                kind: .arrowEnd(arrows), name: name, category: Self.measured, time: to, process: toProcess,
                thread: toThread))
    }
}

// MARK: - Events

extension JobTrace {
    /// Processes and threads are shown in the order in which they were added.
    private mutating func addProcess(_ name: String) -> Int {
        processes += 1
        // A thread of its own: some viewers know them by their number alone.
        addMetadata("process_name", ("name", .string(name)), processes, 0)
        addMetadata("process_sort_index", ("sort_index", JSON(processes)), processes, 0)
        return processes
    }

    private mutating func addThread(_ name: String, _ process: Int) -> Int {
        threads += 1
        addMetadata("thread_name", ("name", .string(name)), process, threads)
        addMetadata("thread_sort_index", ("sort_index", JSON(threads)), process, threads)
        return threads
    }

    private mutating func addMetadata(_ name: String, _ argument: (String, JSON), _ process: Int, _ thread: Int) {
        events.append(
            TraceEvent(kind: .metadata, name: name, process: process, thread: thread, arguments: [argument]))
    }

    private mutating func add(
        _ name: String, _ range: Range<Int>, _ process: Int, _ thread: Int, _ arguments: [(String, JSON)] = [],
        category: String = measured
    ) {
        events.append(
            TraceEvent(
                kind: .slice(duration: range.count), name: name, category: category, time: range.lowerBound,
                process: process, thread: thread, arguments: arguments))
    }
}

extension [TracedTask] {
    fileprivate var byWorker: [String: [TracedTask]] { Dictionary(grouping: self, by: \.worker) }
}
