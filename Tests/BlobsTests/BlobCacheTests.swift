import Blobs
import Fleet
import Foundation
import Testing

@Suite("The cache of blobs")
struct BlobCacheTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "attn-blobs-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @discardableResult
    private func keep(_ content: [UInt8], in cache: BlobCache, as digest: BlobDigest? = nil) throws -> BlobDigest {
        let digest = digest ?? BlobDigest(of: content)
        let draft = try cache.begin(digest, size: content.count)
        try content[3...].withUnsafeBytes { try draft.write($0, at: 3) }
        try content[..<3].withUnsafeBytes { try draft.write($0, at: 0) }
        let file = try cache.finish(draft, digest)
        #expect(Array(file.bytes) == content)
        return digest
    }

    @Test(
        "digests are SHA-256",
        arguments: [
            ("", "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func digests(text: String, digest: String) {
        #expect(BlobDigest(of: Array(text.utf8)).description == digest)
        #expect(BlobDigest(digest)?.description == digest)
        for wrong in [digest.uppercased(), String(digest.dropLast()), digest + "0", "sha256:" + digest.dropFirst(7)] {
            #expect(BlobDigest(wrong) == nil)
        }
    }

    @Test("gives back what it was given, to the next process too")
    func kept() throws {
        try withFolder { folder in
            let digest = try keep([1, 2, 3, 4, 5], in: BlobCache(folder: folder, budget: 100))
            let again = try BlobCache(folder: folder, budget: 100)
            #expect(again.find(digest).map { Array($0.bytes) } == [1, 2, 3, 4, 5])
            #expect(again.find(BlobDigest(of: [9])) == nil)
        }
    }

    @Test("does without a folder")
    func memory() throws {
        let cache = try BlobCache(folder: nil, budget: 100)
        let digest = try keep([1, 2, 3, 4], in: cache)
        #expect(cache.find(digest) == nil, "nobody holds it any more")
    }

    @Test("refuses other bytes than the digest's, and leaves nothing behind")
    func otherContent() throws {
        try withFolder { folder in
            let cache = try BlobCache(folder: folder, budget: 100)
            let wrong = BlobDigest(of: [7])
            #expect(throws: BlobError.self) { try keep([1, 2, 3, 4], in: cache, as: wrong) }
            #expect(cache.find(wrong) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test("a damaged file is as good as none")
    func damage() throws {
        try withFolder { folder in
            let cache = try BlobCache(folder: folder, budget: 100)
            let digest = try keep([1, 2, 3, 4], in: cache)
            try Data([1, 2, 3, 5]).write(to: URL(fileURLWithPath: "\(folder)/\(digest)"))
            #expect(cache.find(digest) == nil)
            #expect(cache.contents().isEmpty)
        }
    }

    @Test("lets the least recently used go when there is no room")
    func eviction() throws {
        try withFolder { folder in
            let cache = try BlobCache(folder: folder, budget: 10)
            let digests = try (0..<3 as Range<UInt8>).map { try keep([$0, $0, $0, $0, $0], in: cache) }
            #expect(cache.find(digests[0]) == nil, "the third found room in its place")
            #expect(Set(cache.contents().map(\.digest)) == Set(digests[1...]))
            // Its time of use, as if it were long ago: file systems count in ticks.
            let old = timeval(tv_sec: 1, tv_usec: 0)
            utimes("\(folder)/\(digests[2])", [old, old])
            try keep([8, 8, 8, 8, 8], in: cache)
            #expect(cache.find(digests[1]) != nil && cache.find(digests[2]) == nil)
            let error = #expect(throws: BlobError.self) { _ = try cache.begin(digests[0], size: 11) }
            #expect(error?.code == .full)
        }
    }
}
