import Codecs
import Testing

@Suite("Reading safetensors") struct SafetensorsReadingTests {
    @Test("a file of the reference library with one tensor of each type")
    func everyType() throws {
        let file = try Safetensors(parsing: Vectors.safetensors("every-type"))
        #expect(file.metadata.isEmpty)
        // The order of the data is the order in which TensorType declares its cases.
        #expect(file.tensors.map(\.type) == TensorType.allCases)
        for tensor in file.tensors {
            #expect(tensor.name == tensor.type.rawValue)
            #expect(tensor.shape == [2, 3])
            #expect(tensor.elementCount == 6)
            #expect(tensor.isAligned)
        }
        let reals = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
        let integers = [-2, -1, 0, 1, 2, 3]
        #expect(try elements(file, "F64", Double.self) == reals)
        #expect(try elements(file, "F32", Float.self) == reals.map(Float.init))
        #expect(try elements(file, "F16", Float16.self) == reals.map { Float16($0) })
        #expect(try elements(file, "BF16", UInt16.self) == reals.map { UInt16(Float($0).bitPattern >> 16) })
        #expect(try elements(file, "I64", Int64.self) == integers.map(Int64.init))
        #expect(try elements(file, "I32", Int32.self) == integers.map(Int32.init))
        #expect(try elements(file, "I16", Int16.self) == integers.map(Int16.init))
        #expect(try elements(file, "I8", Int8.self) == integers.map(Int8.init))
        #expect(try elements(file, "U8", UInt8.self) == [0, 51, 102, 153, 204, 255])
        #expect(try elements(file, "BOOL", UInt8.self) == [0, 1, 0, 1, 0, 1])
    }

    @Test("scalars have rank 0 and one element; a dimension of 0 makes an empty tensor")
    func shapes() throws {
        let file = try Safetensors(parsing: Vectors.safetensors("shapes"))
        #expect(file.metadata == ["outputs": "Y"])
        #expect(try file.tensor("scalar").shape == [])
        #expect(try elements(file, "scalar", Float.self) == [1.5])
        #expect(try file.tensor("zero-inside").shape == [2, 0, 3])
        #expect(try elements(file, "zero", Float.self) == [])
        #expect(try elements(file, "one", Int64.self) == [1])
    }

    @Test("metadata is a map of strings, whatever they hold")
    func metadata() throws {
        let file = try Safetensors(parsing: Vectors.safetensors("metadata-only"))
        #expect(file.metadata == ["job": "quotes \" and \\, a line\nbreak, \u{1}, é, 𝄞"])
        #expect(file.tensors.isEmpty)
    }

    @Test("malformed files are refused with the code of what is wrong", arguments: try Vectors.malformed())
    func malformed(vector: Vectors.Malformed) {
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(parsing: vector.payload) }
        #expect(error?.code.rawValue == vector.code, "\(String(describing: error))")
    }

    @Test("the caller's limit on the header counts the padding")
    func headerLimit() throws {
        let payload = try Vectors.safetensors("empty")
        _ = try Safetensors(parsing: payload, headerLimit: 8)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(parsing: payload, headerLimit: 7) }
        #expect(error?.code == .headerTooLarge)
    }

    @Test("an absent tensor is named, and what is there instead")
    func missing() throws {
        let file = try Safetensors(parsing: Vectors.safetensors("attention"))
        #expect(file["Y"] == nil)
        let error = #expect(throws: SafetensorsError.self) { try file.tensor("Y") }
        #expect(error?.code == .missingTensor)
        #expect(error?.message == "tensor 'Y': missing among 3: K, Q, V")
    }

    @Test("a message quotes a stranger's name clipped and on one line")
    func quotedNames() throws {
        let name = "\n" + String(repeating: "x", count: 1000)
        let header = JSON([name: ["dtype": "F31", "shape": [], "data_offsets": [0, 0]]]).encoded()
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(parsing: framed(header)) }
        #expect(error?.message == "tensor '\\n\(String(repeating: "x", count: 78))…': unknown element type 'F31'")
    }

    @Test("elements are lent in place where aligned, copied where not; both read the same")
    func alignment() throws {
        let values: [Float] = [1, -2, 3.5]
        for padding in 0..<8 {
            // A header whose length is not a multiple of 8: allowed, though nobody writes it.
            var header = JSON(["a": ["dtype": "F32", "shape": [3], "data_offsets": [0, 12]]]).encoded()
            header += [UInt8](repeating: 0x20, count: padding)
            let file = try Safetensors(parsing: framed(header) + values.withUnsafeBytes(Array.init))
            let tensor = try file.tensor("a")
            #expect(tensor.isAligned == header.count.isMultiple(of: 4))
            let place = file.withUnsafeBytes(of: tensor) { UInt(bitPattern: $0.baseAddress) }
            try file.withElements(of: tensor, as: Float.self) { elements in
                #expect(Array(elements) == values)
                let isInPlace = UInt(bitPattern: UnsafeRawPointer(elements.baseAddress)) == place
                #expect(isInPlace == tensor.isAligned)
            }
            #expect(try file.elements(of: tensor, as: Float.self) == values)
        }
    }

    @Test("elements read only as a type that has their meaning")
    func typeMismatch() throws {
        let file = try Safetensors(parsing: Vectors.safetensors("every-type"))
        let error = #expect(throws: SafetensorsError.self) { try elements(file, "F16", Int16.self) }
        #expect(error?.code == .typeMismatch)
        #expect(error?.message == "tensor 'F16': is F16 and cannot be read as Int16")
        #expect(throws: SafetensorsError.self) {
            try file.withElements(of: file.tensor("I32"), as: Float.self) { _ in }
        }
    }

    @Test("bytes other than 0 and 1 in a BOOL tensor are found")
    func booleans() throws {
        func file(_ bytes: [UInt8]) throws -> Safetensors {
            try Safetensors(
                parsing: Safetensors.encode(tensors: [TensorSource("mask", .bool, shape: [bytes.count], bytes)]))
        }
        for bytes: [UInt8] in [[], [0, 1, 1, 0]] {
            let valid = try file(bytes)
            try valid.checkBooleans(of: valid.tensor("mask"))
        }
        let invalid = try file([0, 1, 2])
        let error = #expect(throws: SafetensorsError.self) { try invalid.checkBooleans(of: invalid.tensor("mask")) }
        #expect(error?.message == "tensor 'mask': element 2 is neither 0 nor 1")
        let floats = try Safetensors(parsing: Vectors.safetensors("attention"))
        #expect(throws: SafetensorsError.self) { try floats.checkBooleans(of: floats.tensor("Q")) }
    }

    private func elements<Element: TensorElement>(
        _ file: Safetensors, _ name: String, _ type: Element.Type
    ) throws -> [Element] {
        try file.elements(of: file.tensor(name), as: type)
    }

    /// A header behind its length, without padding.
    private func framed(_ header: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
    }
}
