// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension PageContext {
    /// Why the reader may not do something, and who may; nil when they may. Only for what they may see.
    func obstacle(_ permission: Permission, at place: Place) -> HTML? {
        do throws(AccessRefusal) {
            _ = try visit.permit(permission, at: place)
            return nil
        } catch {
            return words(on: error)
        }
    }

    /// A no with what is needed and who grants it.
    func words(on refusal: AccessRefusal) -> HTML {
        switch refusal.cause {
        case .noGrant, .lowRole:
            let who = visit.rules.bearers(of: refusal.permission, at: refusal.place)
            let granted: HTML =
                who.isEmpty ? "granted to nobody yet" : "granted to \(who.prefix(6).joined(separator: ", "))"
            return "needs <b>\(refusal.permission.rawValue)</b> on \(refusal.place.words); \(granted)"
        case .notSignedIn, .outOfScope, .notOpen, .staleTeams, .foreignForm: return "\("\(refusal)" as String)"
        }
    }

    /// A button that carries something out; disabled with the reason for whoever may not.
    func button(_ words: HTML, _ permission: Permission, at place: Place) -> HTML {
        guard let obstacle = obstacle(permission, at: place) else { return "<button type=\"submit\">\(words)</button>" }
        return
            "<button type=\"submit\" disabled=\"disabled\">\(words)</button> <span class=\"needs\">\(obstacle)</span>"
    }
}

extension PageContext {
    /// Where somebody who has to sign in first goes on: the page itself, or for an order its preview with the reason that they
    /// gave, so that nothing is typed twice.
    func addressAfterLogin(_ request: HTTPRequest) -> String {
        guard request.method == "POST" else { return request.rawPath + query.text }
        let form = Form(body: request.body)
        switch Route(rawPath: request.rawPath) {
        case .deed(.promotions): return PromotionForm(form).address
        case .deed(.rollbacks): return RollbackForm(form).address
        case .deed(.newHold), .deed(.endHold): return "/holds"
        case .deed(.newSuspension): return SuspensionForm(form).address
        case .deed(.syncs), .deed(.confirmations), .deed(.endSuspension):
            return form.name("env").map { "/envs/\($0)" } ?? "/envs"
        default: return "/"
        }
    }
}

/// What is needed, who grants it, and how far the reader's teams are known.
func refusalPage(_ refusal: AccessRefusal, _ context: PageContext) -> Page {
    var facts: [(HTML, HTML?)] = [("You are", "\(context.visit.caller.name)")]
    if case .person(let person) = context.visit.caller {
        let teams = person.teams.map { "\($0.organization)/\($0.slug)" }.sorted()
        facts += [
            ("Your teams", teams.isEmpty ? "none" : "\(teams.joined(separator: ", "))"),
            ("Read", "from GitHub, \(Age.text(of: person.teamsReadAt, at: context.now))"),
        ]
    }
    let isForeign = refusal.cause == .foreignForm
    let help: HTML =
        isForeign
        ? "Go back, load the page again, and send it once more."
        : "A team that you joined a moment ago is known within five minutes. If one is missing, its organization may have to approve kubernaut, or want you to sign on."
    return Page(
        title: "Not allowed", section: .none,
        content: """
            <div class="headline"><h1>Not allowed</h1><p class="dim">403</p></div>
            <section class="card" aria-label="Why"><p>\(context.words(on: refusal)).</p><p class="dim">\(help)</p></section>
            <section class="card" aria-label="You">\(WebUI.facts(facts))</section>
            <p><a href="/account">What you may do</a></p>
            """)
}

extension Place {
    var words: String {
        switch self {
        case .site: "everything"
        case .environment(let name): "all of \(name)"
        case .service(let service, let environment): "\(service) in \(environment)"
        }
    }
}

extension AccessRules {
    /// Who has a permission there, as GitHub calls them, in the order of the file.
    func bearers(of permission: Permission, at place: Place) -> [String] {
        var names: [String] = []
        for grant in policy.grants where grant.role >= permission.role && grant.reaches(place) {
            for subject in grant.subjects {
                let name =
                    switch subject {
                    case .user(let login): login
                    case .team(let team): policy.team(team)?.github?.description ?? team.text
                    }
                if !names.contains(name) { names.append(name) }
            }
        }
        return names
    }
}

extension Grant {
    fileprivate func reaches(_ place: Place) -> Bool {
        let isThere = place.environment.map { name in environments.contains { $0.matches(name.text) } }
        let isOfIt = services.contains { glob in place.service.map { glob.matches($0.text) } ?? (glob == .any) }
        return (isThere ?? environments.contains(.any)) && isOfIt
    }
}
