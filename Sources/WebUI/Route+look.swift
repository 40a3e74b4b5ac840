// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension Route {
    /// Pages that only show something, beside the first few.
    enum Look: Sendable, Equatable {
        case releases
        /// For feed readers.
        case releaseFeed
        case release(service: Name, version: String)
        case history(service: Name)
        case values(environment: Name, service: Name)
        case objects(environment: Name)
        case compare
        case holds
        case help
        case helpOnError(code: String)

        /// Nil when there is no such page.
        ///
        /// - Parameter segments: Of the path, decoded.
        init?(_ segments: [String]) {
            switch segments.count {
            case 1:
                let plain: [String: Look] = [
                    "releases": .releases, "releases.atom": .releaseFeed, "diff": .compare, "holds": .holds,
                    "help": .help,
                ]
                guard let look = plain[segments[0]] else { return nil }
                self = look
            case 3 where segments[0] == "envs" && segments[2] == "objects":
                guard let environment = Name(segments[1]) else { return nil }
                self = .objects(environment: environment)
            case 3 where segments[0] == "services" && segments[2] == "history":
                guard let service = Name(segments[1]) else { return nil }
                self = .history(service: service)
            case 3 where segments[0] == "help" && segments[1] == "errors": self = .helpOnError(code: segments[2])
            case 4 where segments[0] == "services" && segments[2] == "releases":
                guard let service = Name(segments[1]) else { return nil }
                self = .release(service: service, version: segments[3])
            case 5 where segments[0] == "envs" && segments[2] == "services" && segments[4] == "values":
                guard let environment = Name(segments[1]), let service = Name(segments[3]) else { return nil }
                self = .values(environment: environment, service: service)
            default: return nil
            }
        }

        var rule: RouteRule {
            switch self {
            case .help, .helpOnError: .open
            // What a reader may not see is not in the status that these are made from.
            case .releases, .releaseFeed, .release, .history, .objects, .compare, .holds: .someone
            case .values(let environment, let service): .needs(.view, .service(service, in: environment))
            }
        }
    }
}

extension Route {
    /// Whether its page is made from what was read of the repository.
    var showsStatus: Bool {
        switch self {
        case .overview, .environments, .environment, .service, .manifest, .deed: true
        case .look(let look): ![.releases, .releaseFeed, .help].contains(look) && look.rule != .open
        default: false
        }
    }
}

extension WebPages {
    func look(_ look: Route.Look, _ context: PageContext) async throws -> HTTPResponse {
        switch look {
        case .releases:
            let seesAll = context.visit.allows(.view, at: .site)
            let lines = seesAll ? shelf.lines(of: context.status) : ReleaseIndex.lines(of: context.status)
            return releasesReply(lines, context)
        case .releaseFeed: return try releaseFeed(context)
        case .release(let service, let version):
            return Reply.page(releasePage(try context.release(service, version), context), context)
        case .history(let service):
            let name = try context.service(service)
            return Reply.page(historyPage(name, passes: try await historyPasses(name, context), context), context)
        case .values(let environment, let service):
            return Reply.page(
                valuesPage(try await detail(environment, service, context), of: environment, context), context)
        case .objects(let environment):
            return Reply.page(objectsPage(try context.environment(environment), context), context)
        case .compare: return try await compareReply(context)
        case .holds: return Reply.page(holdsPage(context), context)
        case .help: return Reply.publicPage(helpPage(), context)
        case .helpOnError(let code): return Reply.publicPage(try helpOnErrorPage(code), context)
        }
    }
}
