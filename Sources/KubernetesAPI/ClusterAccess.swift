// SPDX-License-Identifier: Apache-2.0

public import Domain
public import HTTPClient

/// Where a cluster is and how to prove oneself to it. A description: files are read when it is used.
public struct ClusterAccess: Sendable {
    /// Looks for it again, where a person said it is.
    public typealias Finder = @Sendable () throws(ClusterAccessError) -> ClusterAccess

    /// Bytes that are here, or in a file that may change.
    public enum Material: Sendable {
        case inline(Secret)
        case file(String)
    }

    public enum Credentials: Sendable {
        case none
        case token(Secret)
        /// Read again each minute, and when the server refuses what was read before.
        case tokenFile(String)
        case basic(user: String, password: Secret)
        /// A program that prints credentials. Only from files that the operator gave.
        case program(CredentialProgram)
    }

    /// In whose name calls are made, when not in one's own.
    public struct Impersonation: Sendable, Hashable {
        /// Never empty.
        public let user: String
        public var uid: String?
        public var groups: [String] = []
        /// Key and value; a key may come more than once.
        public var extra: [Extra] = []

        public struct Extra: Sendable, Hashable {
            public let key: String
            public let value: String
        }
    }

    /// For people: `context kind-dev of /home/kim/.kube/config`.
    public var origin: String
    /// `https://10.0.0.1:6443`, perhaps with a path, without a final slash.
    public let server: String
    /// PEM; nil for the system's authorities.
    public var authorities: Material?
    public var certificate: Material?
    public var key: Material?
    public var serverName: String?
    /// False only on a person's explicit word; say so wherever the cluster is shown.
    public var verifiesServer = true
    public var proxy = HTTPClientConfiguration.Proxy.environment
    public var credentials = Credentials.none
    public var impersonation: Impersonation?
    /// The namespace of the context; nil when it names none.
    public var namespace: String?

    /// - Parameter server: An `http` or `https` URL; final slashes are dropped.
    public init(server: String, origin: String? = nil) {
        var url = server
        while url.hasSuffix("/") { url.removeLast() }
        self.server = url
        self.origin = origin ?? url
    }
}

/// A client-go credential plugin (`client.authentication.k8s.io`).
public struct CredentialProgram: Sendable {
    /// `client.authentication.k8s.io/v1` or `…/v1beta1`.
    public let apiVersion: String
    /// A path, or a name to look up in `PATH`.
    public let command: String
    public let arguments: [String]
    /// All that the program gets to see: kubernaut's own variables, and those that the kubeconfig adds.
    public let environment: [String: Secret]
    /// Whether the program is told about the cluster.
    public let needsClusterInfo: Bool
    /// What to do when the program is missing; for people.
    public let installHint: String
}

/// Why a description of access could not be made: what is wrong, where, and what to do.
public struct ClusterAccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, the context in it, or the variable.
    public let place: String
    public let problem: String
    public let advice: String

    public init(_ place: String, _ problem: String, advice: String) {
        self.place = place
        self.problem = problem
        self.advice = advice
    }

    public var description: String { "\(place): \(problem); \(advice)" }
}
