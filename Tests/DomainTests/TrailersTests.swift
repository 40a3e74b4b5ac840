// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct TrailersTests {
    static let messages: [(String, [String])] = [
        (
            "Release cart 1\n\nKubernaut-Action: release\nKubernaut-Service: cart\n",
            ["Kubernaut-Action=release", "Kubernaut-Service=cart"]
        ),
        ("Release cart 1\n\nbody: text\n\nA: b: c\n  goes on\n\n", ["A=b: c goes on"]),
        ("Kubernaut-Action: release", []),
        ("Subject\n\nKubernaut-Action: release\nand prose", []),
        ("Subject\r\n\r\nKey:value\r\n", ["Key=value"]),
        ("Subject\n\n continued\nKey: value", []),
        ("", []),
    ]

    @Test("trailers are the last paragraph when it is nothing else", arguments: messages)
    func found(message: String, wanted: [String]) {
        #expect(trailers(of: message).map { "\($0.key)=\($0.value)" } == wanted)
    }
}
