import ArgumentParser
import LocalFleet

/// `attn run-child PARENT -- PROGRAM ARGUMENTS…`: what every child of a local fleet starts as. Not for people.
///
/// It is not asynchronous: the kernel ties a child's life to its parent's in the thread that asks for it, and that
/// must be the one that becomes the program.
struct RunChildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-child", abstract: "Run a program that dies with its parent process.", shouldDisplay: false)

    @Argument(help: "The process number of the parent.")
    var parent: Int32

    @Argument(parsing: .postTerminator, help: "The program's path and its arguments.")
    var command: [String]

    func run() throws {
        guard let program = command.first else { throw ValidationError("run-child: no program given") }
        try ChildTrampoline.become(program: program, arguments: Array(command.dropFirst()), ofParent: parent)
    }
}
