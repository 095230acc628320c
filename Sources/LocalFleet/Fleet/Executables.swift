import Foundation

/// Where the programs that a local fleet is made of are found.
public struct Executables: Sendable {
    /// Nil: searched in PATH, then in the folders for servers, which are not in every user's PATH.
    public var mosquitto: String?
    /// Nil, here and below: beside this process's own executable.
    public var worker: String?
    public var dispatcher: String?
    /// The `attn` executable; see `ChildTrampoline`.
    public var attn: String?

    public init(
        mosquitto: String? = nil, worker: String? = nil, dispatcher: String? = nil, attn: String? = nil
    ) {
        self.mosquitto = mosquitto
        self.worker = worker
        self.dispatcher = dispatcher
        self.attn = attn
    }

    /// - Throws: `LocalFleetError` with code `.missingExecutable`, which says how to get it.
    func findMosquitto() throws(LocalFleetError) -> String {
        let hint = "install it with `sudo apt-get install mosquitto`, or run `make setup`"
        if let mosquitto { return try Self.checked(mosquitto, hint: hint) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        for folder in folders where Self.isExecutable("\(folder)/mosquitto") { return "\(folder)/mosquitto" }
        throw LocalFleetError(
            .missingExecutable, "mosquitto, the MQTT broker, is not in PATH, /usr/sbin or /usr/local/sbin: \(hint)")
    }

    func findWorker() throws(LocalFleetError) -> String { try Self.find(worker, "attn-worker") }

    func findDispatcher() throws(LocalFleetError) -> String { try Self.find(dispatcher, "attn-dispatcher") }

    func findAttn() throws(LocalFleetError) -> String { try Self.find(attn, "attn") }

    /// A program beside this process's own executable; nil if there is none.
    public static func sibling(_ name: String) -> String? {
        guard let folder = ownFolder, isExecutable("\(folder)/\(name)") else { return nil }
        return "\(folder)/\(name)"
    }

    private static func find(_ given: String?, _ name: String) throws(LocalFleetError) -> String {
        let hint = "build it with `swift build --product \(name)`, or run `make build`"
        if let given { return try checked(given, hint: hint) }
        guard let path = sibling(name) else {
            throw LocalFleetError(
                .missingExecutable, "\(name) is not in \(ownFolder ?? "this program's folder"): \(hint)")
        }
        return path
    }

    private static func checked(_ path: String, hint: String) throws(LocalFleetError) -> String {
        guard isExecutable(path) else {
            throw LocalFleetError(.missingExecutable, "\(path) is not there or is not executable: \(hint)")
        }
        return path
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }

    /// The path of the program that this process runs; nil if it cannot be told.
    public static let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")

    private static let ownFolder = own.flatMap { path in path.lastIndex(of: "/").map { String(path[..<$0]) } }
}
