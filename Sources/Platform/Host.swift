// SPDX-License-Identifier: Apache-2.0

/// The machine's name, which in a container is the container's; `localhost` where it has none.
public var hostName: String {
    // Without /proc there is no telling; the name is for people.
    let text = (try? Files.read("/proc/sys/kernel/hostname")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split { $0.isWhitespace }.first.map(String.init) ?? "localhost"
}
