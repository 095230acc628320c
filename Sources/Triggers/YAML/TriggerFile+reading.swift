import Foundation

extension TriggerFile {
    /// The files that a path stands for: itself, or of a folder those that end in `.yaml` or `.yml`, by name.
    ///
    /// - Throws: `TriggerFileError`, which names the path.
    public static func files(at path: String) throws(TriggerFileError) -> [TriggerFile] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TriggerFileError(path, "there is no such file or folder")
        }
        guard isFolder.boolValue else { return [try TriggerFile(path: path)] }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
            throw TriggerFileError(path, "the folder cannot be read: \(error.localizedDescription)")
        }
        let own = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
        guard !own.isEmpty else { throw TriggerFileError(path, "there is no .yaml file in the folder") }
        var files: [TriggerFile] = []
        for name in own { files.append(try TriggerFile(path: "\(path)/\(name)")) }
        return files
    }

    private init(path: String) throws(TriggerFileError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TriggerFileError(path, "it cannot be read")
        }
        guard let text = String(bytes: data.prefix(Self.maximumBytes + 1), encoding: .utf8) else {
            throw TriggerFileError(path, "it is not UTF-8 text")
        }
        self.init(name: path, text: text)
    }
}

extension TriggerFileError {
    fileprivate init(_ path: String, _ reason: String) {
        self.init(issues: [Issue(file: path, line: 1, column: 1, reason: reason)])
    }
}
