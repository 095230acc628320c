import Foundation

/// Turns this process into a child that dies with its parent, however the parent dies.
///
/// What is left running after `kill -9` of a parent is what nobody told to stop. So a child first asks the kernel for
/// SIGKILL at its parent's death, and becomes the program it was started for only then. It is not SIGTERM: without a
/// parent there is nobody left to see that a child obeys it.
///
/// The request survives `execve`, but not a change of user: a program that drops privileges loses it.
public enum ChildTrampoline {
    /// Becomes `program`; returns only by throwing. It must not be split over threads: the kernel's promise is to the
    /// thread that asks, which must be the one that becomes the program.
    ///
    /// - Parameters:
    ///   - parent: the process that started this one. If it is gone already, this ends at once.
    ///   - program: a path; PATH is not searched.
    ///   - arguments: what follows the program's name.
    public static func become(
        program: String, arguments: [String], ofParent parent: Int32
    ) throws(LocalFleetError) -> Never {
        try dieWithParent()
        // The parent may have died before the line above; this process then belongs to another.
        guard getppid() == parent else {
            throw LocalFleetError(.cancelled, "\(program): not started, since process \(parent) is gone")
        }
        keepDescriptorsFromProgram()
        unblockSignals()
        var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        execv(program, pointers)
        let reason = String(cString: strerror(errno))
        pointers.forEach { free($0) }
        throw LocalFleetError(.system, "\(program): cannot be run: \(reason)")
    }

    private static func dieWithParent() throws(LocalFleetError) {
        // prctl is variadic in C, and Swift imports no variadic functions; on the calling conventions of Linux, integer
        // arguments go the same way in both.
        typealias Prctl = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        let setParentDeathSignal: CInt = 1  // PR_SET_PDEATHSIG in <sys/prctl.h>
        guard let symbol = dlsym(nil, "prctl") else {
            throw LocalFleetError(.system, "the C library has no prctl")
        }
        let prctl = unsafeBitCast(symbol, to: Prctl.self)
        guard prctl(setParentDeathSignal, CUnsignedLong(SIGKILL), 0, 0, 0) == 0 else {
            throw LocalFleetError(.system, "prctl(PR_SET_PDEATHSIG): \(String(cString: strerror(errno)))")
        }
    }

    /// Swift may run this on a thread of a pool, where all signals are blocked, and the program would inherit that and
    /// never see a SIGTERM.
    private static func unblockSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// A connection of the parent's that leaked into a child would stay open after the parent closed it, and the
    /// broker would not see its client go.
    ///
    /// They are closed by `execve` and not here: other threads of this process, Dispatch's among them, still use some, and
    /// end the process when one is gone.
    private static func keepDescriptorsFromProgram() {
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in open.compactMap({ CInt($0) }) where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}
