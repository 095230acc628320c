import Foundation

/// A folder for one test, removed afterwards.
func withTemporaryFolder<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> R
) async throws -> R {
    let path = FileManager.default.temporaryDirectory.path + "/attn-journal-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// Every file below a folder with what it holds, but for those that say nothing about jobs.
func files(in folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
        guard name != "journal.lock", name != "journal.reserve", !name.hasSuffix("-shm") else { continue }
        let contents = FileManager.default.contents(atPath: "\(folder)/\(name)")
        // A write-ahead log without a byte comes with every connection, even one that cannot write.
        if let contents, !(contents.isEmpty && name.hasSuffix("-wal")) { files[name] = contents }
    }
    return files
}

/// How many requests and answers are there.
func countOfSpooledFiles(in folder: String) throws -> Int {
    try ["requests", "answers"].map { try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\($0)").count }
        .reduce(0, +)
}

/// Changes a file's bytes.
func alter(_ path: String, _ change: (inout Data) -> Void) throws {
    var contents = try Data(contentsOf: URL(fileURLWithPath: path))
    change(&contents)
    // In place, as a failing disk does.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: contents)
}
