import Dispatch
import Foundation
import Synchronization

/// Reads what a child writes, line by line: into its log file, its last lines, and to whoever echoes it.
final class ChildOutput: Sendable {
    /// The reading end of one pipe.
    private struct Stream {
        let descriptor: CInt
        let isError: Bool
        var reader = LineReader()
        var isOpen = true
    }

    private struct State: ~Copyable {
        var streams: [Stream]
        var log: LogFile?
        var lastLines: [String] = []
        var isReady = false
    }

    private static let mostLastLines = 20

    private let launch: ChildLaunch
    private let onReady: @Sendable () -> Void
    private let state: Mutex<State>
    private let sources: Mutex<[any DispatchSourceRead]>

    /// - Parameters:
    ///   - output, error: reading ends, non-blocking; closed by this object.
    ///   - onReady: called at the first ready line, from any thread.
    /// - Throws: `LocalFleetError` with code `.system` if the log file cannot be created.
    init(
        of launch: ChildLaunch, output: CInt, error: CInt, onReady: @escaping @Sendable () -> Void
    ) throws(LocalFleetError) {
        self.launch = launch
        self.onReady = onReady
        let log: LogFile?
        if let folder = launch.logFolder {
            log = try LogFile(path: "\(folder)/\(launch.name).log")
        } else {
            log = nil
        }
        let streams = [Stream(descriptor: output, isError: false), Stream(descriptor: error, isError: true)]
        state = Mutex(State(streams: streams, log: log))
        sources = Mutex([])
        let queue = DispatchQueue(label: "output of \(launch.name)")
        sources.withLock { sources in
            sources = streams.indices.map { makeSource($0, descriptor: streams[$0].descriptor, queue: queue) }
        }
    }

    /// The last lines of both streams, oldest first.
    var lastLines: [String] { state.withLock { $0.lastLines } }

    /// Reads what a child that has ended left in its pipes, then closes them. What outlives the child and holds a pipe
    /// is not waited for.
    func finish() {
        for index in 0..<2 { _ = read(index) }
        state.withLock { state in
            for index in state.streams.indices {
                state.streams[index].isOpen = false
                guard let line = state.streams[index].reader.finish() else { continue }
                take(line, isError: state.streams[index].isError, into: &state)
            }
        }
        sources.withLock { sources in
            sources.forEach { $0.cancel() }
            sources.removeAll()
        }
    }

    private func makeSource(_ index: Int, descriptor: CInt, queue: DispatchQueue) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [weak self] in
            guard let self, self.read(index) else { return source.cancel() }
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
        return source
    }

    /// Takes all that a pipe holds.
    /// - Returns: whether more may come.
    private func read(_ index: Int) -> Bool {
        state.withLock { state in
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while state.streams[index].isOpen {
                let count = Foundation.read(state.streams[index].descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return true }
                guard count > 0 else {
                    // Its source closes the descriptor now, and its number may be another's at once.
                    state.streams[index].isOpen = false
                    return false
                }
                buffer.withUnsafeBytes { state.log?.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                let isError = state.streams[index].isError
                for line in state.streams[index].reader.lines(appending: buffer[..<count]) {
                    take(line, isError: isError, into: &state)
                }
            }
            return false
        }
    }

    private func take(_ line: String, isError: Bool, into state: inout State) {
        if !state.isReady, isReadyLine(line, isError: isError) {
            state.isReady = true
            onReady()
            // The line is a signal to this process, not something to read.
            if !isError { return }
        }
        state.lastLines.append(line)
        if state.lastLines.count > Self.mostLastLines { state.lastLines.removeFirst() }
        launch.echo?(line)
    }

    private func isReadyLine(_ line: String, isError: Bool) -> Bool {
        switch launch.readyLine {
        case .output(let whole): !isError && line == whole
        case .errorSuffix(let suffix): isError && line.hasSuffix(suffix)
        }
    }
}
