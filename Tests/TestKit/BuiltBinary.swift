// SPDX-License-Identifier: Apache-2.0

public import Platform

/// The kubernaut that was built together with these tests.
public enum BuiltBinary {
    /// The absolute path of a product of this package. Tests that run it depend on its target.
    ///
    /// - Throws: `FileError` with `ENOENT` when the product was not built beside the test bundle.
    public static func path(_ product: String = "kubernaut") throws(FileError) -> String {
        // The bundle is mapped into this process, whichever runner loaded it.
        let maps = String(decoding: try Files.read("/proc/self/maps"), as: UTF8.self)
        let bundle = maps.split(separator: "\n").lazy
            .compactMap { $0.firstIndex(of: "/").map($0.suffix(from:)) }
            .first { $0.hasSuffix(".xctest") }
        let folder = bundle.map { $0[..<($0.lastIndex(of: "/") ?? $0.endIndex)] } ?? ""
        let path = "\(folder)/\(product)"
        guard Files.exists(path) else {
            throw FileError(operation: "finding the built \(product) at \(path)", number: 2)
        }
        return path
    }

    /// The top folder of the package's sources.
    public static var packageRoot: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }
}
