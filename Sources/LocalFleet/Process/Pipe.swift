import Foundation

/// Both ends of a pipe that no other child inherits, if it is made on the spawn thread; the reading end does not block.
struct Pipe {
    let reading: CInt
    let writing: CInt

    init(_ name: String) throws(LocalFleetError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw LocalFleetError(.system, "\(name): no pipe: \(String(cString: strerror(errno)))")
        }
        (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    func closeBoth() {
        close(reading)
        close(writing)
    }
}
