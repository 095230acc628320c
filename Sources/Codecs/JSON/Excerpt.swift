extension String {
    /// Text from a stranger's document as it may stand in an error message: at most 80 characters, on one line.
    var excerpt: String {
        // Most are short and plain, and asked for where nothing is wrong.
        if utf8.count <= 80, utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return self }
        let clipped = utf8.count > 80 && count > 80 ? prefix(79) + "…" : self[...]
        guard clipped.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return String(clipped)
        }
        return String(JSON(String(clipped)).text().dropFirst().dropLast())
    }
}
