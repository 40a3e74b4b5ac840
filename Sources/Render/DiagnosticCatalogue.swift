// SPDX-License-Identifier: Apache-2.0

/// Every code that rendering can report, explained: what `kubernaut help KN2201` prints.
public enum DiagnosticCatalogue {
    public struct Entry: Sendable, Hashable {
        public let code: String
        /// A short name that `kubernaut.yaml` may use instead of the code: `unpinned-image`.
        public let name: String
        /// One paragraph: what it means, why it matters, what to do.
        public let explanation: String
        /// Whether `warnings:` in `kubernaut.yaml` can switch it off.
        public let isSwitchable: Bool
        /// Whether it is said without being switched on.
        public let isOnByDefault: Bool
    }

    /// Codes of the warnings that only those see who switch them on.
    public static let offByDefault = Set(entries.filter { !$0.isOnByDefault }.map(\.code))

    /// In the order of the codes.
    public static let entries: [Entry] =
        files + values + templates + manifests + schemas + warnings + histories + health

    /// Nil when there is no such code; upper and lower case are the same.
    public static func entry(_ code: String) -> Entry? {
        let wanted = code.uppercased()
        return entries.first { $0.code == wanted }
    }

    private static func error(_ code: String, _ name: String, _ explanation: String) -> Entry {
        Entry(code: code, name: name, explanation: explanation, isSwitchable: false, isOnByDefault: true)
    }

    static func warning(
        _ code: String, _ name: String, _ explanation: String, isOnByDefault: Bool = true
    ) -> Entry {
        Entry(
            code: code, name: name, explanation: explanation, isSwitchable: true, isOnByDefault: isOnByDefault)
    }

    private static let files: [Entry] = [
        error(
            Codes.yaml, "yaml-syntax",
            """
            The file, or what a template expanded to, is not YAML as Kubernetes reads it. Line and column are where \
            the reader gave up; the mistake is there or shortly before. Usual causes are a tab for indentation, a \
            list item that is not aligned with its neighbours, a text with ": " or " #" in it that needs quotes, and \
            a tag of a section that does not stand alone on its line.
            """),
        error(
            Codes.duplicateKey, "duplicate-key",
            """
            A map has the same key twice. Kubernetes' own tools take the last one without a word, so one of the two \
            would be lost. Keys are compared after they were read: on and true are the same key. Remove one, or put \
            the key in quotes where another was meant.
            """),
        error(
            Codes.limit, "limit",
            """
            The file is larger, nests deeper, holds more documents or more values than allowed. What an alias \
            repeats counts each time, so that a small file cannot fill the memory. Split the file, or write out \
            fewer aliases.
            """),
        error(
            Codes.unknownKey, "unknown-key",
            """
            The file has a key that kubernaut does not know. A misspelled key would be ignored for ever, so it is an \
            error. Values for templates belong below values: in services/ and releases/.
            """),
        error(
            Codes.badValue, "bad-value",
            """
            A key has a value of the wrong kind, or one that is not allowed here. The message says what is wanted. \
            A version or a commit made of digits alone needs quotes, or YAML takes it for a number.
            """),
        error(
            Codes.missingKey, "missing-key",
            """
            A key that must be there is missing. A release record needs service, version and image; an environment \
            needs a name; a hold needs a reason.
            """),
        error(
            Codes.missingFile, "missing-file",
            """
            A file that everything else depends on is not in the repository: kubernaut.yaml names the environments, \
            and without it nothing can be rendered. Check the branch and the path that kubernaut was told.
            """),
        error(
            Codes.badName, "bad-name",
            """
            Services, environments and teams are named with lower-case letters, digits and inner hyphens, at most \
            63, because their names become parts of Kubernetes objects, labels and addresses.
            """),
        error(
            Codes.badImage, "bad-image",
            """
            The text is no image reference. The form is [registry/]repository[:tag][@sha256:digest]; the repository \
            is lower case. A digest is best: it always means the same image.
            """),
        warning(
            Codes.strayFile, "stray-file",
            """
            The file lies in a folder of the config repository but nothing reads it: its name does not end in .yaml, \
            is no service's name, or is the override of a service that does not exist. Rename or remove it.
            """),
        error(
            Codes.conflictMarkers, "conflict-markers",
            """
            A merge found that both branches had changed the same lines, wrote both versions into the file between \
            <<<<<<< and >>>>>>>, and somebody committed it so. The daemon obeys commits, but nobody can say which of \
            the two was meant: the service keeps what it has until the file says one thing. `kubernaut promote` never \
            leaves such a file: it merges release records by rule, and refuses the rest with both sides shown.
            """),
    ]

    private static let values: [Entry] = [
        error(
            Codes.reservedName, "reserved-name",
            """
            service, version, image, images, build, commit, environment, namespace, cluster and release always come \
            from the release record and the environment. No values file may set them, so that a page can never show \
            one version while another runs. Choose another name.
            """),
        error(
            Codes.typeConflict, "type-conflict",
            """
            One layer of values has a map where another has something else. Merging cannot mean anything here, and \
            replacing would lose values without a word. The message names both places. Make both maps, or remove \
            the lower value with null in a layer between them.
            """),
        error(
            Codes.refusedValue, "refused-value",
            """
            A value is not as values.schema.json, or the schema beside the service's template, wants it. The place is \
            the value's own, in the file that set it last; the place of the rule stands in brackets. Correct the \
            value, or the schema when the value is right. Reserved names are no values and are not checked.
            """),
        error(
            Codes.brokenSchema, "broken-schema",
            """
            A schema for values cannot be used: it is no JSON, a keyword has a value of the wrong kind, a reference \
            leads nowhere or out of the document, or a pattern cannot be matched in bounded time. Schemas are JSON \
            Schema, draft 2020-12. While values.schema.json is broken nothing is applied; a template's own schema \
            stops the services of that template.
            """),
    ]

    private static let templates: [Entry] = [
        error(
            Codes.unknownVariable, "unknown-variable",
            """
            A template uses a variable that no layer of the service's values has. An empty text instead would make \
            a manifest that looks right and is wrong. Set it in defaults.yaml or for the service, or make the place \
            optional: {{#name}}…{{name}}…{{/name}}.
            """),
        error(
            Codes.unclosedTag, "unclosed-tag",
            """
            A tag of a template begins with {{ but never ends. Everything after it would be taken for its name.
            """),
        error(
            Codes.badTag, "bad-tag",
            """
            The text between the braces is no name. Templates are Mustache: {{name}}, {{a.b}}, {{#list}}…{{/list}}, \
            {{^missing}}…{{/missing}}, {{>partial}}, {{! comment }}. There are no expressions, filters or functions.
            """),
        error(
            Codes.unclosedSection, "unclosed-section",
            """
            A section is opened with {{#name}}, {{^name}}, {{<name}} or {{$name}} and never closed with {{/name}}.
            """),
        error(
            Codes.mismatchedSection, "mismatched-section",
            """
            A closing tag names another section than the one that is open. Sections close in the reverse of the order \
            in which they were opened.
            """),
        error(
            Codes.missingPartial, "missing-partial",
            """
            A template includes a partial that templates/partials/ does not have, as name.yaml, name.yml or name.json.
            """),
        error(
            Codes.tooDeep, "too-deep",
            """
            Partials and sections are nested too deep, most often because a partial includes itself and nothing ends it.
            """),
        error(
            Codes.tooMuch, "too-much",
            """
            A template grew beyond what one service may have. Look for loops within loops, or a partial that \
            includes itself twice.
            """),
        error(
            Codes.notText, "not-text",
            """
            A list or a map stands inside quotes, inside a longer text, or in a key, where only text can be. A list \
            or a map must be the whole value, without quotes: env: {{env}}.
            """),
        error(
            Codes.badPlace, "bad-place",
            """
            A variable stands in a tag, an anchor, an alias or a directive of YAML. These belong to the structure of \
            a manifest, and values never change the structure. Use a section to choose between two structures.
            """),
        error(
            Codes.missingTemplate, "missing-template",
            """
            The service names a template that templates/ does not have as name.yaml, name.yml or name.json; or it \
            names none, and there is neither one of its own name nor default.yaml; or there are two of that name.
            """),
    ]

    private static let manifests: [Entry] = [
        error(
            Codes.noObject, "no-object",
            """
            A document of the rendered template is no Kubernetes object: it is not a map, or a list kind whose items \
            are not objects.
            """),
        error(
            Codes.missingField, "missing-field",
            """
            An object lacks apiVersion, kind or metadata.name. generateName cannot be used: an object without a \
            fixed name would be created anew with every pass.
            """),
        error(
            Codes.invalidName, "invalid-name",
            """
            A name or namespace is not one that the API server accepts. Most names are DNS names: lower-case \
            letters, digits, hyphens and dots, at most 253.
            """),
        error(
            Codes.invalidLabel, "invalid-label",
            """
            A label or annotation is not one that the API server accepts. Keys are [prefix/]name with at most 63 \
            letters, digits, . _ -; values of labels follow the same rule and may be empty; all values are strings, \
            so numbers and booleans need quotes.
            """),
        error(
            Codes.duplicateObject, "duplicate-object",
            """
            Two manifests describe the same object; each pass would undo what the other wrote. Kinds that live in two \
            API groups, such as Ingress, count as the same. Neither of the services is applied until one gives it up.
            """),
        error(
            Codes.badSecret, "bad-secret",
            """
            stringData of a Secret must be a map of strings. Numbers and booleans need quotes.
            """),
        error(
            Codes.badHook, "bad-hook",
            """
            The annotation kubernaut.dev/hook makes a Job run once for every change of its service: before or after the \
            other objects of its wave. It belongs on Jobs alone, says before or after, and needs an end, \
            spec.activeDeadlineSeconds or kubernaut.dev/deadline: 10m, because everything behind it waits for it.
            """),
        error(
            Codes.badNeeds, "bad-needs",
            """
            A service starts when the services it needs work. One that needs itself, directly or over others, would \
            wait for ever, and so would one that needs a service this environment does not have. The message names \
            the way round. Nothing of such a service is applied.
            """),
        error(
            Codes.selectorMismatch, "selector-mismatch",
            """
            The selector of a workload asks for a label that its own pod template does not have. The API server \
            refuses it, because the workload would make pods without end and find none of them. Selectors cannot be \
            changed later: use labels that never change, such as app.kubernetes.io/name.
            """),
        error(
            Codes.badQuantity, "bad-quantity",
            """
            An amount of CPU, memory or another resource is none that Kubernetes reads, or more is requested than the \
            limit allows. CPU is written as 0.5 or 500m, memory as 64Mi (1024) or 64M (1000), without a space and \
            without B.
            """),
    ]

    private static let schemas: [Entry] = [
        error(
            Codes.schemaUnknown, "unknown-field",
            """
            An object has a field that its kind does not have in this version of Kubernetes. The API server refuses \
            it; older tools dropped it without a word. Usual causes are a misspelled name, a wrong indentation, and a \
            field of another version.
            """),
        error(
            Codes.schemaType, "wrong-type",
            """
            A field holds another type of value than its kind wants: a text where a number must be, a map where a \
            list must be. Numbers and true or false in quotes are texts; a text made of digits alone needs quotes.
            """),
        error(
            Codes.schemaRequired, "required-field",
            """
            A field that its kind demands is missing. The place shown is where the map or list item that lacks it \
            begins.
            """),
        error(
            Codes.schemaValue, "value-not-allowed",
            """
            A field has the right type and a value that its kind does not take: none of the allowed words, out of \
            range, too long, or not of the wanted form, such as a time, a quantity or base64.
            """),
        error(
            Codes.schemaDuplicate, "duplicate-item",
            """
            Two items of a list have the same key: two containers of one name, two ports of one number and protocol. \
            The API server merges such lists item by item and refuses two that are the same.
            """),
        warning(
            Codes.schemaMissing, "schema-unknown",
            """
            Objects of a kind could not be checked, because nothing describes their fields: the cluster does not \
            serve the kind, and no CustomResourceDefinition among the manifests defines it. Check apiVersion and kind; \
            or add the definition, or name a folder that has the schema.
            """),
        error(
            Codes.refused, "refused-in-dry-run",
            """
            The API server was shown the object in a dry run and did not take it; its words are the message. Nothing \
            was changed in the cluster.
            """),
    ]

    private static let histories: [Entry] = [
        error(
            HistoryCodes.leftBehind, "left-behind",
            """
            The branch contains the commit of a release by a merge that kept an older record, as `git merge -s ours` or \
            a conflict solved in favor of the old side does. Git calls the branches up to date, so no later merge \
            brings it. The next `kubernaut promote` does: it goes by what the records say.
            """),
        error(
            HistoryCodes.halfMerged, "half-merged",
            """
            The record names a version that the environment before knows with another image. Most often a conflict in \
            the record was solved by taking the version from one side and the image from the other. Write the whole \
            record of one release, or promote the service by name.
            """),
    ]
    private static let health: [Entry] = [
        error(
            Codes.badHealthRule, "bad-health-rule",
            """
            A rule below health/ cannot be used. It is left out and the others count, so an object of its kind is judged by \
            what is left: by kubernaut's own rule for the kind, or by its Ready condition. A rule names a condition or a \
            field and one of healthy, progressing, degraded and suspended.
            """)
    ]
}
