extension [UInt8] {
    /// The character that begins at `index` of valid UTF-8, and where the next one begins.
    func scalar(at index: Int) -> (scalar: Unicode.Scalar, next: Int) {
        let lead = UInt32(self[index])
        guard lead >= 0x80 else { return (Unicode.Scalar(self[index]), index + 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = lead & (0x7F >> UInt32(length))
        for continuation in self[index + 1..<index + length] { value = value << 6 | UInt32(continuation & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", index + length)
    }

    /// The character that ends before `index` of valid UTF-8, and where it begins.
    func scalar(before index: Int) -> (scalar: Unicode.Scalar, start: Int) {
        var start = index - 1
        while self[start] & 0xC0 == 0x80 { start -= 1 }
        return (scalar(at: start).scalar, start)
    }
}
