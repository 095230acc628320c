import Foundation

/// The reading end of one of a child's streams.
struct ChildStream {
    let isError: Bool
    private let descriptor: CInt
    private var reader = LineReader()
    private var isOpen = true

    /// - Parameter descriptor: non-blocking; closed at the end of the stream or by `close`.
    init(descriptor: CInt, isError: Bool) {
        self.descriptor = descriptor
        self.isError = isError
    }

    /// What to give to poll(2): negative once the stream has ended.
    var pollDescriptor: CInt { isOpen ? descriptor : -1 }

    /// Takes all that has arrived, as bytes and as lines.
    mutating func readAvailable(
        _ buffer: inout [UInt8], bytes: (UnsafeRawBufferPointer) -> Void, line: (String, Bool) -> Void
    ) {
        while isOpen {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return closeDescriptor() }
            buffer.withUnsafeBytes { bytes(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            for text in reader.lines(appending: buffer[..<count]) { line(text, isError) }
        }
    }

    /// - Returns: the last line, if it has no end.
    mutating func close() -> String? {
        closeDescriptor()
        return reader.finish()
    }

    private mutating func closeDescriptor() {
        if isOpen { Foundation.close(descriptor) }
        isOpen = false
    }
}
