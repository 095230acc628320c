import Foundation

/// A process just started, and the reading ends of its two pipes. To be made on the spawn thread only.
struct SpawnedProcess {
    let processID: pid_t
    let output: CInt
    let error: CInt

    /// Starts the program with an empty standard input, default signal handling, and this process's environment
    /// without its `ATTN_…` variables: what a user has set for another fleet must not steer this one. The choice of
    /// kernels, `ATTN_ISA`, is about this machine and stays.
    ///
    /// - Throws: `LocalFleetError` with code `.system`.
    init(_ launch: ChildLaunch) throws(LocalFleetError) {
        let outputPipe = try Pipe(launch.name)
        let errorPipe: Pipe
        do throws(LocalFleetError) {
            errorPipe = try Pipe(launch.name)
        } catch {
            outputPipe.closeBoth()
            throw error
        }
        let command = Self.command(launch)
        var started: pid_t = 0
        let code = Self.spawn(
            command, environment: Self.environment(launch), output: outputPipe.writing, error: errorPipe.writing,
            &started)
        close(outputPipe.writing)
        close(errorPipe.writing)
        guard code == 0 else {
            close(outputPipe.reading)
            close(errorPipe.reading)
            throw LocalFleetError(
                .system, "\(launch.name): \(command[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        (processID, output, error) = (started, outputPipe.reading, errorPipe.reading)
    }

    /// Ends the process at once and lets go of its pipes.
    func abandon() {
        kill(-processID, SIGKILL)
        while waitpid(processID, nil, 0) < 0, errno == EINTR {}
        close(output)
        close(error)
    }

    private static func command(_ launch: ChildLaunch) -> [String] {
        guard let trampoline = launch.trampoline else { return [launch.program] + launch.arguments }
        return [trampoline, "run-child", String(getpid()), "--", launch.program] + launch.arguments
    }

    private static func environment(_ launch: ChildLaunch) -> [String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("ATTN_") || $0.key == "ATTN_ISA" }
            .merging(launch.environment) { $1 }
            .map { "\($0.key)=\($0.value)" }
    }

    private static func spawn(
        _ command: [String], environment: [String], output: CInt, error: CInt, _ processID: inout pid_t
    ) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A process that handles signals by another way ignores or blocks them first, and a child inherits both.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var arguments = command.map { strdup($0) } + [nil]
        var environment = environment.map { strdup($0) } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        return posix_spawn(&processID, command[0], &actions, &attributes, &arguments, &environment)
    }
}
