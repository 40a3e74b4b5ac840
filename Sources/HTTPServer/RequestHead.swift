// SPDX-License-Identifier: Apache-2.0

/// What a request's head says about how the request is framed, collected line by line. Pure.
struct RequestHead: Sendable {
    enum Body: Sendable, Equatable {
        case none
        case fixed(Int)
        case chunked
    }

    /// A head that is not let through.
    struct Refusal: Error, Equatable {
        let status: Int
    }

    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private(set) var fieldCount = 0
    private(set) var method = ""
    /// As sent, without its query.
    private(set) var path = ""
    /// Whether a browser asks for a page, which says so first.
    private(set) var wantsPage = false
    private var minorVersion = 1
    private var hosts = 0
    private var contentLength: Int?
    private var isChunked = false

    /// - Returns: Nil when the line is good; the status to refuse with otherwise.
    mutating func readRequestLine(_ line: [UInt8]) -> Int? {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(ASCII.isTokenByte) else { return 400 }
        let isOriginForm = parts[1].first == UInt8(ascii: "/")
        guard isOriginForm, parts[1].allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") })
        else { return 400 }
        switch ASCII.text(parts[2]) {
        case "HTTP/1.1": minorVersion = 1
        case "HTTP/1.0": minorVersion = 0
        default: return Self.isVersion(parts[2]) ? 505 : 400
        }
        method = ASCII.text(parts[0])
        path = ASCII.text(parts[1].prefix { $0 != UInt8(ascii: "?") })
        return Self.methods.contains(method) ? nil : 501
    }

    private static func isVersion(_ bytes: ArraySlice<UInt8>) -> Bool {
        let text = Array(bytes)
        return text.count == 8 && text.starts(with: "HTTP/".utf8) && ASCII.isDigit(text[5])
            && text[6] == UInt8(ascii: ".") && ASCII.isDigit(text[7])
    }

    /// - Returns: Nil when the line is good; the status to refuse with otherwise.
    mutating func readField(_ line: [UInt8]) -> Int? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(ASCII.isTokenByte)
        else { return 400 }
        fieldCount += 1
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == ASCII.tab }
        let value = line[(colon + 1)...].drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        switch ASCII.text(line[..<colon]).lowercased() {
        case "host": return readHost(Array(value))
        case "content-length": return readContentLength(Array(value))
        case "transfer-encoding":
            guard !isChunked else { return 400 }
            isChunked = true
            return ASCII.text(value).lowercased() == "chunked" ? nil : 501
        case "accept":
            wantsPage = value.starts(with: "text/html".utf8)
            return nil
        case "expect": return ASCII.text(value).lowercased() == "100-continue" ? nil : 417
        default: return nil
        }
    }

    private mutating func readHost(_ value: [UInt8]) -> Int? {
        hosts += 1
        let isGood = value.allSatisfy { ASCII.isDigit($0) || ASCII.isLetter($0) || ".-_:[]".utf8.contains($0) }
        return hosts == 1 && !value.isEmpty && isGood ? nil : 400
    }

    private mutating func readContentLength(_ value: [UInt8]) -> Int? {
        guard contentLength == nil, !value.isEmpty, value.allSatisfy(ASCII.isDigit) else { return 400 }
        contentLength = Int(ASCII.text(value)) ?? Int.max
        return nil
    }

    /// Decides once all fields are read.
    func bodyFraming() -> Result<Body, Refusal> {
        let isAmbiguous = isChunked && (contentLength != nil || minorVersion == 0)
        let hasBody = isChunked || (contentLength ?? 0) > 0
        // A body of HEAD has no meaning, and parsers disagree on whether it is there.
        guard !isAmbiguous, hosts == 1 || minorVersion == 0, !(hasBody && method == "HEAD") else {
            return .failure(Refusal(status: 400))
        }
        if isChunked { return .success(.chunked) }
        guard let contentLength, contentLength > 0 else { return .success(.none) }
        return .success(.fixed(contentLength))
    }
}
