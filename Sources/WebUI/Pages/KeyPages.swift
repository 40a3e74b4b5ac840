// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer

/// `/account/keys`, and `/keys` for all of them.
extension WebPages {
    /// What somebody typed, so that they need not type it again.
    struct KeyForm: Sendable {
        var name = ""
        var permissions: Set<Permission> = [.view]
        var environments = ""
        var services = ""
        var expires = "90d"
        var problem: String?

        init() {}

        init(_ query: Query) {
            name = query["name"] ?? ""
            permissions = Set(Permission.allCases.filter { query["may.\($0.rawValue)"] != nil })
            environments = query["environments"] ?? ""
            services = query["services"] ?? ""
            expires = query["expires"] ?? "90d"
        }

        func order() throws(KeyOrder.Problem) -> KeyOrder {
            func words(_ text: String) -> [String] { text.split { $0 == "," || $0.isWhitespace }.map(String.init) }
            return try KeyOrder(
                name: name, permissions: permissions.map(\.rawValue), environments: words(environments),
                services: words(services), expires: expires)
        }
    }

    func keysPage(_ context: PageContext, all: Bool, form: KeyForm = KeyForm()) async throws -> Page {
        let keys = try await keys(of: context.visit, all: all)
        let rows = keys.map { keyRow($0, context, all: all) }
        let columns: [HTML] =
            ["Name", "Id", "May", "State", "Created"] + (all ? ["By"] : []) + ["Last used", ""]
        let list: HTML =
            rows.isEmpty
            ? "<p class=\"empty\">\(all ? "Nobody has a key." : "You have no keys.")</p>"
            : table(caption: all ? "All keys" : "Your keys", columns: columns, rows: rows)
        let title = all ? "All keys" : "Your keys"
        let other: HTML =
            !mayManageKeys(context.visit)
            ? "" : all ? " · <a href=\"/account/keys\">your keys</a>" : " · <a href=\"/keys\">all keys</a>"
        return Page(
            title: title, section: .none, alternate: "/api/v1/keys",
            commands: ["kubernaut key list --server http://\(context.host)"],
            content: """
                <div class="headline"><h1>\(title)</h1>\
                <p class="dim">for machines: Authorization: Bearer kn_…\(other)</p></div>
                \(card("Keys", id: "keys", list))
                \(all ? "" : card("Make a key", id: "make", keyForm(form, context)))
                """)
    }

    private func keyRow(_ key: APIKey, _ context: PageContext, all: Bool) -> HTML {
        let (word, isGood) = key.state(at: context.now)
        let badge =
            isGood
            ? Badge(icon: word == "good" ? .healthy : .waiting, word: word) : Badge(icon: .absent, word: word)
        let use: HTML =
            key.lastUsedAt.map { used -> HTML in
                "\(dateAndAge(used, at: context.now)) <span class=\"dim\">\(key.lastUsedFrom ?? "")</span>"
            } ?? "<span class=\"dim\">never</span>"
        let revoke: HTML =
            isGood
            ? """
            <form method="post" action="/account/keys/\(key.id)/revoke">\(context.tokenField)\
            <button aria-label="Revoke \(key.name)">Revoke</button></form>
            """ : ""
        return row(
            """
            \(rowHead("\(key.name)"))\
            \(cell("Id", "<code>kn_\(key.id)_…</code>"))\
            \(cell("May", "\(key.scope.sentence)"))\
            \(cell("State", "\(badge.html) <span class=\"dim\">until \(key.expiresAt.forPeople)</span>"))\
            \(cell("Created", dateAndAge(key.createdAt, at: context.now)))\
            \(all ? cell("By", "\(key.createdBy)") : "")\
            \(cell("Last used", use))\(cell("", revoke))
            """)
    }

    private func keyForm(_ form: KeyForm, _ context: PageContext) -> HTML {
        let boxes = Permission.allCases.map { permission -> HTML in
            let checked: HTML = form.permissions.contains(permission) ? " checked=\"checked\"" : ""
            return """
                <label><input type="checkbox" name="may.\(permission.rawValue)" value="1"\(checked)/> \
                \(permission.rawValue)</label>
                """
        }
        let choices = ["7d", "30d", "90d", "180d", "366d"].map { choice -> HTML in
            let selected: HTML = choice == form.expires ? " selected=\"selected\"" : ""
            return "<option value=\"\(choice)\"\(selected)>\(choice.dropLast()) days</option>"
        }
        let problem: HTML = form.problem.map { "<p class=\"problem\" role=\"alert\">\($0)</p>" } ?? ""
        return """
            \(problem)<form class="fields" method="post" action="/account/keys">\(context.tokenField)\
            <input type="hidden" name="id" value="\(hex(randomBytes(6)))"/>
            <p><label for="key-name">Name</label> \
            <input id="key-name" name="name" required="required" maxlength="64" value="\(form.name)" \
            autocomplete="off" aria-describedby="key-name-hint"/> \
            <span class="dim" id="key-name-hint">what uses it, such as jenkins-cart</span></p>
            <fieldset><legend>It may</legend>\(boxes.joined(" "))</fieldset>
            <p><label for="key-environments">In these environments</label> \
            <input id="key-environments" name="environments" value="\(form.environments)" autocomplete="off" \
            aria-describedby="key-patterns"/></p>
            <p><label for="key-services">On these services</label> \
            <input id="key-services" name="services" value="\(form.services)" autocomplete="off" \
            aria-describedby="key-patterns"/> \
            <span class="dim" id="key-patterns">names or patterns such as cart-*, by commas; empty for all</span></p>
            <p><label for="key-expires">Good for</label> \
            <select id="key-expires" name="expires">\(choices)</select></p>
            <p><button>Make the key</button></p></form>
            <p class="dim">A key can do at most what you can do. It is shown once.</p>
            """
    }

    /// `POST /account/keys`. The one answer that shows the key: nothing keeps it, so it cannot be shown after a redirect.
    func makeKeyPage(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let query = Query(String(decoding: request.body, as: UTF8.self))
        var form = KeyForm(query)
        do {
            let (key, text) = try await makeKey(try form.order(), id: query["id"], context.visit, over: .web)
            return Reply.page(keyMade(key, text, context), status: 201, context)
        } catch let problem as KeyOrder.Problem {
            form.problem = "\(problem)."
        } catch KeyProblem.excess(let sentence) {
            form.problem = "\(sentence), so the key may not either."
        } catch KeyProblem.again {
            form.problem = "This form was sent before: its key is in the list. Its text was shown then, and only then."
        } catch KeyProblem.noStore {
            form.problem = "This daemon keeps no keys."
        }
        return Reply.page(try await keysPage(context, all: false, form: form), status: 422, context)
    }

    private func keyMade(_ key: APIKey, _ text: APIKeyText, _ context: PageContext) -> Page {
        Page(
            title: "A new key", section: .none,
            content: """
                <div class="headline"><h1>A new key: \(key.name)</h1></div>
                <section class="card" role="status"><p><b>Copy it now.</b> It is not shown again; the server keeps only a \
                digest.</p>
                <p><label for="key-text">Key</label> \
                <input id="key-text" class="wide-field" readonly="readonly" spellcheck="false" autocomplete="off" \
                value="\(text.text.withUnsafeValue { $0 })"/></p>
                <p>It may \(key.scope.sentence), until \(key.expiresAt.forPeople).</p>
                <p><a href="/account/keys">Your keys</a></p></section>
                """)
    }

    /// `POST /account/keys/{id}/revoke`.
    func revokeKeyPage(_ id: String, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        guard try await revokeKey(id, context.visit, over: .web) else { throw NotFound() }
        return Reply.redirect(to: "/account/keys")
    }
}
