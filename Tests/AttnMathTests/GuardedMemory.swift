// Memory that faults when a kernel reads or writes past its end: the elements end where an inaccessible page begins.

import Glibc

/// Elements of `T` that end at a guard page, in address space that is reused for every size up to `capacity`.
final class GuardedMemory<T> {
    private let base: UnsafeMutableRawPointer
    private let length: Int
    private let page = Int(getpagesize())

    init(capacity: Int) {
        let bytes = capacity * MemoryLayout<T>.stride
        length = (bytes + page - 1) / page * page
        base = mmap(nil, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(base != MAP_FAILED)
        precondition(mprotect(base + length, page, PROT_NONE) == 0)
    }

    deinit {
        munmap(base, length + page)
    }

    /// The last `count` elements before the guard page, of any content.
    func last(_ count: Int) -> UnsafeMutableBufferPointer<T> {
        let bytes = count * MemoryLayout<T>.stride
        precondition(bytes <= length)
        let start = (base + (length - bytes)).bindMemory(to: T.self, capacity: count)
        return UnsafeMutableBufferPointer(start: start, count: count)
    }

    /// `elements` copied to the end.
    func holding(_ elements: [T]) -> UnsafeBufferPointer<T> {
        let memory = last(elements.count)
        for (index, element) in elements.enumerated() {
            memory[index] = element
        }
        return UnsafeBufferPointer(memory)
    }
}
