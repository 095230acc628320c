import Codecs

extension PayloadDecoder {
    /// One line of numbers, with or without a line break at its end.
    func csv(
        _ payload: [UInt8], _ columns: [Int]?, _ separator: UInt8, _ values: inout [Float]
    ) throws(ReadingDefect) -> DecodedReading {
        var line = payload[...]
        while line.last == UInt8(ascii: "\n") || line.last == UInt8(ascii: "\r") { line.removeLast() }
        // Nobody has that many channels and other columns besides.
        let cells = line.split(separator: separator, maxSplits: 4096, omittingEmptySubsequences: false)
        var time: SensorTime?
        var timeColumn: Int?
        if let source = format.timestamp, case .column(let column) = source.place {
            guard column < cells.count, let read = source.time(Self.cell(cells[column])) else { throw .malformed }
            (time, timeColumn) = (read, column)
        }
        for column in columns ?? cells.indices.filter({ $0 != timeColumn }) {
            guard column < cells.count, values.count < valueCount else { throw .wrongChannels }
            let text = Self.cell(cells[column])
            guard let value = Double(text) else { throw text.isEmpty ? .wrongChannels : .malformed }
            values.append(Float(value))
        }
        guard values.count == valueCount else { throw .wrongChannels }
        return DecodedReading(time: time)
    }

    /// A cell without the spaces around it. Bytes that are not UTF-8 give what is no number.
    private static func cell(_ bytes: ArraySlice<UInt8>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    func raw(
        _ payload: [UInt8], _ number: RawNumber, _ values: inout [Float]
    ) throws(ReadingDefect) -> DecodedReading {
        guard payload.count == valueCount * number.byteCount else {
            throw payload.isEmpty || !payload.count.isMultiple(of: number.byteCount) ? .malformed : .wrongChannels
        }
        payload.withUnsafeBytes { bytes in
            for index in 0..<valueCount { values.append(number.value(bytes, at: index * number.byteCount)) }
        }
        return DecodedReading()
    }

    func safetensors(
        _ payload: [UInt8], _ name: String?, _ values: inout [Float]
    ) throws(ReadingDefect) -> DecodedReading {
        guard let file = try? Safetensors(parsing: payload, headerLimit: 1 << 16),
            let tensor = name.map({ file[$0] }) ?? (file.tensors.count == 1 ? file.tensors[0] : nil)
        else { throw .malformed }
        guard tensor.elementCount == valueCount else { throw .wrongChannels }
        file.withUnsafeBytes(of: tensor) { bytes in
            for index in 0..<valueCount { values.append(tensor.type.value(bytes, at: index)) }
        }
        guard let source = format.timestamp, case .metadata(let key) = source.place else { return DecodedReading() }
        guard let time = file.metadata[key].flatMap({ source.time($0) }) else { throw .malformed }
        return DecodedReading(time: time)
    }
}

extension TensorType {
    /// The element at a position, rounded to nearest.
    fileprivate func value(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Float {
        let offset = index * byteWidth
        return switch self {
        case .f16: RawNumber.f16.value(bytes, at: offset)
        case .f32: RawNumber.f32.value(bytes, at: offset)
        case .f64: RawNumber.f64.value(bytes, at: offset)
        case .i64: RawNumber.i64.value(bytes, at: offset)
        case .i32: RawNumber.i32.value(bytes, at: offset)
        case .i16: RawNumber.i16.value(bytes, at: offset)
        case .i8: RawNumber.i8.value(bytes, at: offset)
        case .u8, .bool: RawNumber.u8.value(bytes, at: offset)
        // The upper half of a float.
        case .bf16: Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16)
        }
    }
}
