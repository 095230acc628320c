public import Codecs
import Glibc

/// Files that settings come from.
public enum SettingsFile {
    /// Larger ones are no settings.
    static let sizeLimit = 1 << 20

    /// Reads a configuration file: one JSON object.
    public static func object(at path: String) throws(SettingError) -> JSON.Object {
        try object(in: try read(path), of: path)
    }

    /// - Parameter path: of the file that holds the bytes, for errors.
    package static func object(in bytes: [UInt8], of path: String) throws(SettingError) -> JSON.Object {
        do throws(JSONError) { return try JSON(parsing: bytes, limit: sizeLimit).object() } catch {
            throw SettingError("\(path): \(error)")
        }
    }

    /// Reads a file that holds one secret, less the line's end.
    public static func secret(at path: String) throws(SettingError) -> String {
        var bytes = try read(path)
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
            throw SettingError("\(path): it should hold a password, and is empty or not UTF-8")
        }
        return text
    }

    private static func read(_ path: String) throws(SettingError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw SettingError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: sizeLimit + 1) { buffer, count in
            count = fread(buffer.baseAddress, 1, sizeLimit + 1, file)
        }
        guard ferror(file) == 0 else { throw SettingError("\(path) cannot be read: is it a file?") }
        guard bytes.count <= sizeLimit else { throw SettingError("\(path) is larger than \(sizeLimit) bytes") }
        return bytes
    }
}

/// This process' environment.
public enum ProcessEnvironment {
    public static var all: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
