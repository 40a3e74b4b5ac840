// SPDX-License-Identifier: Apache-2.0

import CPosix
import Domain
import GitSource
import Glibc
import Render

/// `BenchRender CLONE ENVIRONMENT REVISION...`: what rendering costs inside of a process that stays, such as the daemon.
/// Everything is rendered at the first revision, then each further one on top of the one before. Prints one JSON object
/// with milliseconds and MiB.
@main struct BenchRender {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count > 3, let name = Name(words[2]) else {
            return complain("BenchRender CLONE ENVIRONMENT REVISION...")
        }
        let repository = try LocalRepository(openingAt: words[1], configRoot: "environments")
        let environment = Environment(name: name, namespace: "shop")
        let renderer = Renderer()
        let clock = ContinuousClock()
        var cache = RenderCache()
        var previous: SourceSnapshot?
        var read: [Double] = []
        var render: [Double] = []
        var objects = 0
        var resident: [Double] = [residentMiB()]
        for revision in words.dropFirst(3) {
            let commit = try await repository.resolve(revision)
            let start = clock.now
            let snapshot = try await repository.snapshot(at: commit, reusing: previous)
            let middle = clock.now
            let rendering = renderer.render(snapshot, for: environment, updating: &cache)
            let end = clock.now
            read.append(milliseconds(middle - start))
            render.append(milliseconds(end - middle))
            objects = rendering.services.reduce(0) { $0 + $1.manifests.count }
            previous = snapshot
            if resident.count == 1 { resident.append(residentMiB()) }
        }
        resident.append(residentMiB())
        kn_malloc_trim()
        resident.append(residentMiB())
        print(
            """
            {"objects": \(objects), "readMs": \(read), "renderMs": \(render), "residentMiB": \(resident)}
            """)
        withExtendedLifetime((previous, cache)) {}
    }

    private static func complain(_ text: String) {
        print(text)
        exit(64)
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return (Double(seconds) * 1e3 + Double(attoseconds) / 1e15).rounded(toPlaces: 3)
    }

    private static func residentMiB() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        guard fgets(&line, 200, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return (pages * 4096 / 1_048_576).rounded(toPlaces: 1)
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let factor = places == 1 ? 10.0 : 1000.0
        return (self * factor).rounded() / factor
    }
}
