import Dispatch
import Foundation
import Synchronization

/// Reads what a child writes, line by line: into its log file, its last lines, and to whoever echoes it.
///
/// On a thread of its own for each child. Dispatch's read sources would spare it, but crash now and then in their event
/// loop on Linux when many descriptors come and go.
final class ChildOutput: Sendable {
    private struct State {
        var lastLines: [String] = []
        var isReady = false
    }

    private static let mostLastLines = 20

    private let launch: ChildLaunch
    private let onReady: @Sendable () -> Void
    private let state = Mutex(State())
    /// Written to when the child has ended.
    private let end: Pipe
    private let isRead = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - output, error: reading ends, non-blocking; closed by this object unless this throws.
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
        end = try Pipe(launch.name)
        let streams = [
            ChildStream(descriptor: output, isError: false), ChildStream(descriptor: error, isError: true),
        ]
        let handedOver = Mutex(log)
        let thread = Thread { [self] in
            var log = handedOver.withLock { $0.take() }
            read(streams, into: &log)
            isRead.signal()
        }
        thread.name = "output of \(launch.name)"
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// The last lines of both streams, oldest first.
    var lastLines: [String] { state.withLock { $0.lastLines } }

    /// Returns when what a child that has ended left in its pipes is read. What outlives the child and holds a pipe is
    /// not waited for. To be called once.
    func finish() {
        var byte: UInt8 = 0
        write(end.writing, &byte, 1)
        isRead.wait()
        end.closeBoth()
    }

    private func read(_ streams: consuming [ChildStream], into log: inout LogFile?) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var hasEnded = false
        while !hasEnded {
            // A closed stream is a negative number here, which poll passes over.
            var polled = streams.map { pollfd(fd: $0.pollDescriptor, events: Int16(POLLIN), revents: 0) }
            polled.append(pollfd(fd: end.reading, events: Int16(POLLIN), revents: 0))
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            hasEnded = polled[streams.count].revents != 0
            for index in streams.indices {
                streams[index].readAvailable(&buffer) { bytes in
                    log?.append(bytes)
                } line: { line, isError in
                    take(line, isError: isError)
                }
            }
        }
        for index in streams.indices {
            let isError = streams[index].isError
            if let line = streams[index].close() { take(line, isError: isError) }
        }
    }

    private func take(_ line: String, isError: Bool) {
        let (isSignal, becameReady) = state.withLock { state in
            let becameReady = !state.isReady && isReadyLine(line, isError: isError)
            if becameReady { state.isReady = true }
            // A whole line on the standard output is a signal to this process, not something to read.
            let isSignal = becameReady && !isError
            if !isSignal {
                state.lastLines.append(line)
                if state.lastLines.count > Self.mostLastLines { state.lastLines.removeFirst() }
            }
            return (isSignal, becameReady)
        }
        if !isSignal { launch.echo?(line) }
        if becameReady { onReady() }
    }

    private func isReadyLine(_ line: String, isError: Bool) -> Bool {
        switch launch.readyLine {
        case .output(let whole): !isError && line == whole
        case .errorSuffix(let suffix): isError && line.hasSuffix(suffix)
        }
    }
}
