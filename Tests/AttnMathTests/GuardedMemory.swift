// Memory that faults when a kernel reads or writes outside it: the elements end where an inaccessible page begins, or
// begin where one ends.

import Glibc

/// Elements of `T` at a guard page, in address space that is reused for every size up to `capacity`.
final class GuardedMemory<T> {
    private let base: UnsafeMutableRawPointer
    /// Between the guard pages.
    private let length: Int
    private let page = Int(getpagesize())

    init(capacity: Int) {
        let bytes = capacity * MemoryLayout<T>.stride
        length = (bytes + page - 1) / page * page
        base = mmap(nil, length + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        precondition(base != MAP_FAILED)
        precondition(mprotect(base, page, PROT_NONE) == 0)
        precondition(mprotect(base + page + length, page, PROT_NONE) == 0)
    }

    deinit {
        munmap(base, length + 2 * page)
    }

    /// `count` elements at the guard page on `side`, of any content.
    func room(for count: Int, guarded side: GuardedSide) -> UnsafeMutableBufferPointer<T> {
        let bytes = count * MemoryLayout<T>.stride
        precondition(bytes <= length)
        let offset = side == .start ? 0 : length - bytes
        let start = (base + page + offset).bindMemory(to: T.self, capacity: count)
        return UnsafeMutableBufferPointer(start: start, count: count)
    }

    /// `elements` copied to the guard page on `side`.
    func holding(_ elements: [T], guarded side: GuardedSide) -> UnsafeBufferPointer<T> {
        let memory = room(for: elements.count, guarded: side)
        _ = memory.update(fromContentsOf: elements)
        return UnsafeBufferPointer(memory)
    }
}

/// Which side of the elements a guard page lies on.
enum GuardedSide: CaseIterable {
    case start, end
}
