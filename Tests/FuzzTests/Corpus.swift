import Foundation

/// The inputs kept in `Tests/FuzzCorpus`: a folder for each decoder, and in it one for what crashed.
enum Corpus {
    private static var folder: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "FuzzCorpus")
    }

    static func decoders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
    }

    static func inputs(of decoder: String) throws -> [(name: String, bytes: [UInt8])] {
        let own = folder.appending(path: decoder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: own.path()).sorted()
        return try names.compactMap { name in
            let file = own.appending(path: name)
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return nil }
            return (name, Array(try Data(contentsOf: file)))
        }
    }
}
