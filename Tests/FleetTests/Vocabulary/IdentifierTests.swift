// The rules for names: what may be a peer, a job, a lease. Names come from anyone who may publish.

import Fleet
import Testing

@Suite("Names") struct IdentifierTests {
    @Test("A peer's name is 1 to 64 letters, digits, '_' or '-'", arguments: ["a", "Z", "0", "_", "-", "pi-4_kitchen"])
    func peers(text: String) throws {
        let peer = try #require(PeerID(text))
        #expect(peer.text == text)
        #expect(peer.description == text)
    }

    @Test("Of all ASCII characters exactly 64 may be in a peer's name")
    func peerAlphabet() {
        let allowed = (0...127).filter { PeerID(String(UnicodeScalar(UInt8($0)))) != nil }
        #expect(allowed.count == 64)
    }

    @Test(
        "What could reach another topic, or look like another name, is no peer",
        arguments: ["", "a/b", "+", "#", "a b", "ä", "a\u{301}", "a\0", "a\n", "ａ", "$share"])
    func notPeers(text: String) {
        #expect(PeerID(text) == nil)
    }

    @Test("Peers and jobs are limited in bytes")
    func lengths() {
        #expect(PeerID(String(repeating: "a", count: 64)) != nil)
        #expect(PeerID(String(repeating: "a", count: 65)) == nil)
        #expect(JobID(String(repeating: "a", count: 128)) != nil)
        #expect(JobID(String(repeating: "a", count: 129)) == nil)
    }

    @Test("A job's ID is printable ASCII without spaces")
    func jobs() {
        let allowed = (0...127).filter { JobID(String(UnicodeScalar(UInt8($0)))) != nil }
        #expect(allowed == Array(0x21...0x7e))
        #expect(JobID("") == nil)
        #expect(JobID("é") == nil)
    }

    @Test("A lease is written as epoch and number in hexadecimal, and read back")
    func leases() {
        let numbers: [UInt64] = [0, 1, 15, 16, 0xdead_beef, .max]
        for epoch in numbers {
            for number in numbers {
                let token = LeaseToken(epoch: epoch, number: number)
                #expect(LeaseToken(token.description) == token)
            }
        }
        #expect(LeaseToken(epoch: 0x1f, number: 10).description == "1f-a")
    }

    @Test(
        "A lease has one spelling: what is not written so is no lease",
        arguments: [
            "", "-", "1", "1-", "-1", "1-2-3", "01-2", "1-02", "A-1", "1-F", "+1-2", "1-+2", "0x1-2", " 1-2", "1-2 ",
            "10000000000000000-1", "1--1", "g-1", "１-1",
        ])
    func notLeases(text: String) {
        #expect(LeaseToken(text) == nil)
    }

    @Test("Incarnations and peers are ordered")
    func order() throws {
        #expect(Incarnation(9) < Incarnation(10))
        #expect(try #require(PeerID("a")) < #require(PeerID("b")))
    }
}
