// SPDX-License-Identifier: Apache-2.0

import Glibc
import Platform

/// The real smart-HTTP server: `git http-backend` behind nginx and fcgiwrap, on a loopback port.
///
/// `/open/…` needs no credentials, `/basic/…` asks for `user`, and `/bearer/…` for the token; `/moved/…` redirects to
/// `/open/…`, `/elsewhere/…` to another host. Repositories are served by their folder's name below `root`.
public final class GitHTTPServer: Sendable {
    public static let user = "robot"
    public static let password = "p@ss wörd%"
    public static let token = "token-0123456789"

    public let port: Int
    public let scheme: String
    private let folder: TemporaryFolder
    private let processes: [GuardedProcess]

    public var base: String { "\(scheme)://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - root: The folder whose sub-folders are repositories.
    ///   - authority: Serves HTTPS with a certificate for 127.0.0.1 that this authority signs; nil for HTTP.
    public init(root: String, authority: TestAuthority? = nil) throws {
        folder = try TemporaryFolder("http")
        port = try FreePort.take(1)[0]
        scheme = authority == nil ? "http" : "https"
        let path = folder.path
        try Files.write(Array("\(Self.user):{PLAIN}\(Self.password)\n".utf8), to: "\(path)/users")
        var tls = ""
        if let authority {
            let certificate = try authority.issue("127.0.0.1", in: path)
            tls = "ssl_certificate \(certificate.certificate); ssl_certificate_key \(certificate.key);"
        }
        let configuration = Self.configuration(path, root: root, port: port, tls: tls)
        try Files.write(Array(configuration.utf8), to: "\(path)/nginx.conf")
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"]
        let log = "\(path)/log"
        processes = [
            try GuardedProcess(["fcgiwrap", "-s", "unix:\(path)/cgi.sock"], log: log, environment: environment),
            try GuardedProcess(
                ["nginx", "-e", log, "-p", path, "-c", "\(path)/nginx.conf"], log: log, environment: environment),
        ]
        try waitForListener(on: port, log: log)
        for _ in 0..<500 where !Files.exists("\(path)/cgi.sock") { usleep(10_000) }
    }

    private static func configuration(_ path: String, root: String, port: Int, tls: String) -> String {
        let backend = """
            fastcgi_pass unix:\(path)/cgi.sock;
            fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
            fastcgi_param GIT_PROJECT_ROOT \(root);
            fastcgi_param GIT_HTTP_EXPORT_ALL "";
            fastcgi_param PATH_INFO /$1;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
            """
        return """
            daemon off; worker_processes 1; pid \(path)/nginx.pid; \(getuid() == 0 ? "user root;" : "")
            events {}
            http {
                access_log off; client_max_body_size 0;
                client_body_temp_path \(path)/body; fastcgi_temp_path \(path)/cgi; proxy_temp_path \(path)/proxy;
                uwsgi_temp_path \(path)/uwsgi; scgi_temp_path \(path)/scgi;
                server {
                    listen 127.0.0.1:\(port)\(tls.isEmpty ? "" : " ssl"); \(tls)
                    location ~ ^/open/(.*)$ { \(backend) }
                    location ~ ^/basic/(.*)$ {
                        auth_basic "git"; auth_basic_user_file \(path)/users; \(backend)
                    }
                    location ~ ^/bearer/(.*)$ {
                        if ($http_authorization != "Bearer \(token)") { return 401; }
                        \(backend)
                    }
                    location ~ ^/moved/(.*)$ { return 302 /open/$1?$args; }
                    location ~ ^/elsewhere/(.*)$ { return 302 http://localhost:\(port)/open/$1?$args; }
                    location /broken/ { return 503 "come back later"; }
                    location /page/ { default_type text/html; return 200 "<p>hello</p>"; }
                }
            }
            """
    }
}

/// A certificate authority made for one test.
public final class TestAuthority: Sendable {
    private let folder: TemporaryFolder
    public var certificateFile: String { "\(folder.path)/ca.pem" }

    public init() throws {
        folder = try TemporaryFolder("ca")
        try runCommand(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2", "-subj", "/CN=Test authority", "-keyout", "\(folder.path)/ca.key", "-out", certificateFile,
            ])
    }

    /// A key and a certificate for an address or a host name.
    public func issue(_ name: String, in place: String) throws -> (certificate: String, key: String) {
        let files = (certificate: "\(place)/\(name).pem", key: "\(place)/\(name).key")
        let kind = name.allSatisfy { $0.isNumber || $0 == "." } ? "IP" : "DNS"
        try Files.write(Array("subjectAltName=\(kind):\(name)\n".utf8), to: "\(place)/\(name).ext")
        try runCommand(
            [
                "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=\(name)", "-keyout", files.key, "-out", "\(place)/\(name).csr",
            ])
        try runCommand(
            [
                "openssl", "x509", "-req", "-days", "2", "-in", "\(place)/\(name).csr", "-CA", certificateFile,
                "-CAkey", "\(folder.path)/ca.key", "-CAcreateserial", "-extfile", "\(place)/\(name).ext", "-out",
                files.certificate,
            ])
        return files
    }
}
