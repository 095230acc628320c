import Codecs

extension FuzzedDecoder {
    static let json = FuzzedDecoder("json", .json) {
        try JSON(parsing: $0)
    } verify: { value in
        for style in [JSON.Style.compact, .pretty] {
            let encoded = value.encoded(style)
            let again = try JSON(parsing: encoded, limit: .max)
            try requireEqual(again, value, "written and read again")
            try requireEqual(again.encoded(style), encoded, "written twice")
        }
        try verifyNumbers(in: value)
    }

    static let safetensors = FuzzedDecoder("safetensors", .safetensors) {
        try Safetensors(parsing: $0)
    } verify: { file in
        try requireCovered(file)
        let encoded = try Safetensors.encode(
            metadata: file.metadata, tensors: file.tensors.map { TensorSource($0, of: file) })
        try requireSameTensors(try Safetensors(parsing: encoded), file)
        for tensor in file.tensors where tensor.type == .bool { try? file.checkBooleans(of: tensor) }
    }

    /// The ways to read one number agree.
    private static func verifyNumbers(in value: JSON) throws {
        switch value {
        case .number(let number):
            let double = Double(number)
            try require(double.isFinite, "\(number) is not finite")
            if let integer = Int(exactly: number) {
                try requireEqual(Double(integer), double, "\(number) as an integer and as a double")
            }
        case .array(let elements): for element in elements { try verifyNumbers(in: element) }
        case .object(let object): for member in object.members { try verifyNumbers(in: member.value) }
        case .null, .bool, .string: break
        }
    }

    /// Every byte behind the header belongs to one tensor.
    private static func requireCovered(_ file: Safetensors) throws {
        var end = file.tensors.first?.byteRange.lowerBound ?? file.bytes.count
        for tensor in file.tensors {
            try requireEqual(tensor.byteRange.lowerBound, end, "where tensor '\(tensor.name)' begins")
            try requireEqual(
                tensor.byteRange.count, tensor.type.byteCount(shape: tensor.shape), "the size of '\(tensor.name)'")
            end = tensor.byteRange.upperBound
        }
        try requireEqual(end, file.bytes.count, "where the last tensor ends")
    }
}

/// Same metadata, same tensors, wherever they lie.
func requireSameTensors(_ left: Safetensors, _ right: Safetensors) throws {
    try requireEqual(left.metadata, right.metadata, "metadata")
    try requireEqual(left.tensors.count, right.tensors.count, "the number of tensors")
    for tensor in right.tensors {
        let other = try left.tensor(tensor.name)
        try requireEqual(other.type, tensor.type, "the type of '\(tensor.name)'")
        try requireEqual(other.shape, tensor.shape, "the shape of '\(tensor.name)'")
        try require(
            left.bytes[other.byteRange] == right.bytes[tensor.byteRange], "the bytes of '\(tensor.name)' differ")
    }
}
