// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render
import Testing

/// One rule of the language, shown: the rule, a template, values as JSON, partials, the text that comes out.
struct MustacheCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let template: String
    let values: String
    let partials: [String: String]
    let expected: String

    init(_ rule: String, _ template: String, _ values: String, _ expected: String, partials: [String: String] = [:]) {
        self.rule = rule
        self.template = template
        self.values = values
        self.expected = expected
        self.partials = partials
    }

    var testDescription: String { rule }
}

@Suite struct MustacheTests {
    @Test("a template comes out as the language says", arguments: comments + delimiters + interpolation)
    func basics(_ example: MustacheCase) throws { try check(example) }

    @Test("sections and partials come out as the language says", arguments: sections + inverted + partials + dynamic)
    func structure(_ example: MustacheCase) throws { try check(example) }

    @Test("blocks and parents come out as the language says", arguments: inheritance + indentedBlocks)
    func blocks(_ example: MustacheCase) throws { try check(example) }

    private func check(_ example: MustacheCase) throws {
        let values = try parseJSON(Array(example.values.utf8))
        #expect(try renderText(example.template, values, partials: example.partials) == example.expected)
    }

    @Test(
        "a template that cannot be read names the place",
        arguments: [
            ("a {{b", "1:3: the tag is never closed"),
            ("{{#a}}\n{{/b}}", "2:1: {{/b}} does not close {{#a}} of line 1"),
            ("x\n{{/a}}", "2:1: {{/a}} closes a section that was never opened"),
            ("é{{^a}}", "1:2: the section {{^a}} is never closed"), ("{{}}", "1:1: the tag names nothing"),
            ("{{a b}}", "1:1: \"a b\" is no name: names hold no white space"),
            ("{{a..b}}", "1:1: \"a..b\" is no name: there is nothing between its dots"),
            ("{{=<%=}}", "1:1: new delimiters are written {{=<% %>=}}"),
            ("{{<a}}{{$b}}{{/a}}", "1:13: {{/a}} does not close {{$b}} of line 1"),
            ("{{<a}}\n{{$b}}", "2:1: the section {{$b}} is never closed"),
            ("{{$a}}x", "1:1: the section {{$a}} is never closed"),
            ("{{=< = >=}}", "1:1: new delimiters are written {{=<% %>=}}"), ("{{{a}}", "1:1: the tag is never closed"),
        ])
    func problems(template: String, expected: String) {
        let error = #expect(throws: TemplateError.self) { try renderText(template, .null) }
        #expect(error?.description == expected)
    }

    @Test("a template that would never end stops with an error")
    func endless() {
        let loop = ["a": "{{>a}}", "b": "{{>b}}{{>b}}", "c": "{{#l}}{{>c}}{{/l}}"]
        let values: Value = ["l": [1, 1, 1, 1, 1, 1, 1, 1]]
        for name in loop.keys {
            #expect(throws: TemplateError.self) { try renderText("{{>\(name)}}", values, partials: loop) }
        }
        let wide = (0..<7).reduce("x") { text, _ in "{{#l}}\(text){{/l}}" }
        #expect(throws: TemplateError.self) { try renderText(wide, values) }
    }

    static let comments = [
        MustacheCase("a comment leaves nothing", "a{{! no }}b", "{}", "ab"),
        MustacheCase("a comment may run over lines", "a{{! one\ntwo }}b", "{}", "ab"),
        MustacheCase("a line with only a comment goes", "a\n{{! no }}\nb\n", "{}", "a\nb\n"),
        MustacheCase("so does its indentation", "a\n  {{! no }}  \nb\n", "{}", "a\nb\n"),
        MustacheCase("with CRLF too", "a\r\n{{! no }}\r\nb", "{}", "a\r\nb"),
        MustacheCase("as the first line", "  {{! no }}\nb", "{}", "b"),
        MustacheCase("as the last line, whose indentation stays away", "a\n  {{! no }}", "{}", "a\n"),
        MustacheCase("over several lines", "a\n{{!\nno\n}}\nb", "{}", "a\nb"),
        MustacheCase("beside text the line stays", "  12 {{! no }}\n", "{}", "  12 \n"),
        MustacheCase("two comments on a line do not stand alone", "{{! a }}{{! b }}\nc", "{}", "\nc"),
        MustacheCase("what looks like a variable in it is none", "{{! {{x} }}", "{}", ""),
    ]

    static let delimiters = [
        MustacheCase("delimiters can be set", "{{=<% %>=}}<%x%> {{x}}", #"{"x":1}"#, "1 {{x}}"),
        MustacheCase("and set again", "{{=| |=}}|x||={{ }}=|{{x}}", #"{"x":1}"#, "11"),
        MustacheCase("with white space around", "{{= @   @ =}}@x@", #"{"x":1}"#, "1"),
        MustacheCase("with characters that mean something elsewhere", "({{=[ ]=}}[x])", #"{"x":1}"#, "(1)"),
        MustacheCase("a line that only sets them goes", "a\n {{=<% %>=}} \nb", "{}", "a\nb"),
        MustacheCase("they hold inside sections", "{{=| |=}}|#s|{{x}}|x||/s|", #"{"s":{"x":2}}"#, "{{x}}2"),
        MustacheCase(
            "a partial begins with the usual ones", "{{=| |=}}|>p||x|", #"{"x":1}"#, "11", partials: ["p": "{{x}}"]),
        MustacheCase(
            "a partial's own do not reach its caller", "{{>p}}{{x}}", #"{"x":1}"#, "11", partials: ["p": "{{=| |=}}|x|"]
        ),
        MustacheCase("the unescaped ampersand follows them", "{{=| |=}}|&x|", #"{"x":"<"}"#, "<"),
    ]

    static let interpolation = [
        MustacheCase("text without tags stays", "a } { b\n", "{}", "a } { b\n"),
        MustacheCase("a name gives its value", "Hi, {{x}}!", #"{"x":"Kim"}"#, "Hi, Kim!"),
        MustacheCase("values are not templates", "{{x}}", #"{"x":"{{y}}","y":1}"#, "{{y}}"),
        MustacheCase("HTML is escaped", "{{x}}", #"{"x":"& \" < > '"}"#, "&amp; &quot; &lt; &gt; &#39;"),
        MustacheCase("three braces do not escape", "{{{x}}}", #"{"x":"& \" < >"}"#, "& \" < >"),
        MustacheCase("an ampersand does not escape", "{{&x}}", #"{"x":"& <"}"#, "& <"),
        MustacheCase(
            "numbers are written exactly", "{{a}} {{b}} {{c}}", #"{"a":85,"b":1.21,"c":-0.5}"#, "85 1.21 -0.5"),
        MustacheCase("null leaves nothing", "[{{x}}]", #"{"x":null}"#, "[]"),
        MustacheCase("an unknown name leaves nothing", "[{{x}}{{{x}}}{{&x}}]", "{}", "[]"),
        MustacheCase("dots lead into maps", "{{a.b.c}}", #"{"a":{"b":{"c":"d"}}}"#, "d"),
        MustacheCase("a dotted name that breaks off leaves nothing", "[{{a.b.c}}]", #"{"a":{},"b":{"c":1}}"#, "[]"),
        MustacheCase(
            "the first part decides the context", "{{#a}}{{b.c}}{{/a}}", #"{"a":{"b":{}},"b":{"c":1}}"#, ""),
        MustacheCase("a dot is the context itself", "{{.}}", "7", "7"),
        MustacheCase("a dot is escaped as well", "{{.}} {{{.}}}", #""<""#, "&lt; <"),
        MustacheCase("white space around a tag stays", "| {{x}} |\n", #"{"x":1}"#, "| 1 |\n"),
        MustacheCase("a variable alone on its line keeps the line", "  {{x}}\n", #"{"x":1}"#, "  1\n"),
        MustacheCase("white space in a tag does not count", "{{  x }}{{{ x  }}}{{& x }}", #"{"x":1}"#, "111"),
    ]

    static let sections = [
        MustacheCase("true shows a section", "{{#b}}x{{/b}}", #"{"b":true}"#, "x"),
        MustacheCase(
            "false, null, unknown and the empty list hide it", "{{#f}}x{{/f}}{{#n}}x{{/n}}{{#u}}x{{/u}}{{#e}}x{{/e}}",
            #"{"f":false,"n":null,"e":[]}"#, ""),
        MustacheCase("a map becomes the context", "{{#m}}{{a}}{{/m}}", #"{"m":{"a":1}}"#, "1"),
        MustacheCase("what it lacks comes from further out", "{{#m}}{{a}}{{b}}{{/m}}", #"{"a":1,"m":{"b":2}}"#, "12"),
        MustacheCase("a list repeats", "{{#l}}{{a}},{{/l}}", #"{"l":[{"a":1},{"a":2}]}"#, "1,2,"),
        MustacheCase("a dot is the item", "{{#l}}({{.}}){{/l}}", #"{"l":[1,"b",2.5]}"#, "(1)(b)(2.5)"),
        MustacheCase("lists in lists", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", #"{"l":[[1,2],[3]]}"#, "(12)(3)"),
        MustacheCase("a text is the context once", "{{#s}}[{{.}}]{{/s}}", #"{"s":"x"}"#, "[x]"),
        MustacheCase("zero and the empty text are true", "{{#z}}z{{/z}}{{#t}}t{{/t}}", #"{"z":0,"t":""}"#, "zt"),
        MustacheCase("dotted names work", "{{#a.b}}x{{/a.b}}", #"{"a":{"b":true}}"#, "x"),
        MustacheCase("sections nest, also of one name", "{{#a}}1{{#a}}2{{/a}}{{/a}}", #"{"a":true}"#, "12"),
        MustacheCase("lines with only section tags go", "a\n{{#b}}\nb\n{{/b}}\nc\n", #"{"b":true}"#, "a\nb\nc\n"),
        MustacheCase("with indentation too", "a\n  {{#b}}\nb\n\t{{/b}}\nc", #"{"b":true}"#, "a\nb\nc"),
        MustacheCase("two tags on a line keep the line", "{{#b}} {{/b}}\n", #"{"b":true}"#, " \n"),
        MustacheCase("a section inside a line keeps its space", " {{#b}}x {{/b}}|", #"{"b":true}"#, " x |"),
        MustacheCase("as the last line without a line break", "{{#b}}\nx\n  {{/b}}", #"{"b":true}"#, "x\n"),
        MustacheCase("with CRLF", "|\r\n{{#b}}\r\n{{/b}}\r\n|", #"{"b":true}"#, "|\r\n|"),
        MustacheCase("white space in the tags does not count", "{{# b }}x{{/  b }}", #"{"b":true}"#, "x"),
        MustacheCase(
            "the innermost context wins", "{{#a}}{{#b}}{{x}}{{/b}}{{/a}}", #"{"x":1,"a":{"x":2},"b":{"x":3}}"#, "3"),
    ]

    static let inverted = [
        MustacheCase(
            "shown for false, null, unknown and the empty list", "{{^f}}1{{/f}}{{^n}}2{{/n}}{{^u}}3{{/u}}{{^e}}4{{/e}}",
            #"{"f":false,"n":null,"e":[]}"#, "1234"),
        MustacheCase(
            "hidden for everything else", "{{^t}}1{{/t}}{{^m}}2{{/m}}{{^l}}3{{/l}}{{^z}}4{{/z}}",
            #"{"t":true,"m":{},"l":[1],"z":0}"#, ""),
        MustacheCase("dotted names that break off are unknown", "{{^a.b.c}}x{{/a.b.c}}", #"{"a":{}}"#, "x"),
        MustacheCase("lines with only its tags go", "a\n{{^b}}\nb\n{{/b}}\nc", "{}", "a\nb\nc"),
        MustacheCase("the opposite of a section", "{{#b}}1{{/b}}{{^b}}2{{/b}}", #"{"b":false}"#, "2"),
    ]

    static let partials = [
        MustacheCase("a partial is put in", "[{{>p}}]", "{}", "[x]", partials: ["p": "x"]),
        MustacheCase("an unknown partial leaves nothing", "[{{>p}}]", "{}", "[]"),
        MustacheCase("it sees the context", "{{#m}}{{>p}}{{/m}}", #"{"m":{"a":1}}"#, "*1*", partials: ["p": "*{{a}}*"]),
        MustacheCase(
            "it may include itself while there is something to show", "{{>n}}", #"{"v":1,"c":[{"v":2,"c":[]}]}"#,
            "1<2<>>", partials: ["n": "{{v}}<{{#c}}{{>n}}{{/c}}>"]),
        MustacheCase("inside a line the space around stays", "| {{>p}} |", "{}", "| \t |", partials: ["p": "\t"]),
        MustacheCase("alone on its line it takes the line", "a\n{{>p}}\nb", "{}", "a\nxb", partials: ["p": "x"]),
        MustacheCase(
            "alone on its line its indentation goes before each line", "a\n  {{>p}}\nb\n", "{}", "a\n  x\n  y\nb\n",
            partials: ["p": "x\ny\n"]),
        MustacheCase(
            "not before lines of values", "  {{>p}}\n", #"{"v":"1\n2"}"#, "  [\n  1\n2\n  ]\n",
            partials: ["p": "[\n{{{v}}}\n]\n"]),
        MustacheCase("not before empty lines", "  {{>p}}\n", "{}", "  x\n\n  y\n", partials: ["p": "x\n\ny\n"]),
        MustacheCase(
            "indentations add up", " {{>p}}\n", "{}", " p\n   q\n", partials: ["p": "p\n  {{>q}}\n", "q": "q\n"]),
        MustacheCase(
            "sections in a partial keep its indentation", "  {{>p}}\n", #"{"l":[1,2]}"#, "  - 1\n  - 2\n",
            partials: ["p": "{{#l}}\n- {{.}}\n{{/l}}\n"]),
        MustacheCase("white space in the tag does not count", "{{>  p }}", "{}", "x", partials: ["p": "x"]),
    ]

    static let dynamic = [
        MustacheCase(
            "a value can name the partial", "{{>*which}}", #"{"which":"b"}"#, "B", partials: ["a": "A", "b": "B"]),
        MustacheCase("with dots", "{{>*x.which}}", #"{"x":{"which":"a"}}"#, "A", partials: ["a": "A"]),
        MustacheCase("a name that nothing has leaves nothing", "[{{>*which}}]", "{}", "[]", partials: ["a": "A"]),
        MustacheCase(
            "per item of a list", "{{#l}}{{>*.}}{{/l}}", #"{"l":["a","b"]}"#, "AB", partials: ["a": "A", "b": "B"]),
    ]

    static let inheritance = [
        MustacheCase("a block that nobody replaces shows its own content", "[{{$a}}x{{b}}{{/a}}]", #"{"b":1}"#, "[x1]"),
        MustacheCase(
            "a parent shows the blocks that are put into it", "{{<p}}{{$a}}1{{/a}}{{/p}}", "{}", "(1|y)",
            partials: ["p": "({{$a}}x{{/a}}|{{$b}}y{{/b}})"]),
        MustacheCase(
            "text between the blocks of a parent says nothing", "{{<p}} no {{$a}}1{{/a}} {{no}} {{/p}}", "{}", "1",
            partials: ["p": "{{$a}}x{{/a}}"]),
        MustacheCase(
            "values never replace a block", "{{<p}}{{/p}}", #"{"a":1}"#, "x", partials: ["p": "{{$a}}x{{/a}}"]),
        MustacheCase(
            "the outermost template has the last word", "{{<p}}{{$a}}1{{/a}}{{/p}}", "{}", "1",
            partials: ["p": "{{<q}}{{$a}}2{{/a}}{{/q}}", "q": "{{$a}}3{{/a}}"]),
        MustacheCase(
            "a block inside its own replacement is another one", "{{<p}}{{$a}}<{{$a}}y{{/a}}>{{/a}}{{/p}}", "{}", "<y>",
            partials: ["p": "{{$a}}x{{/a}}"]),
        MustacheCase(
            "what replaces a block sees the values of its place", "{{<p}}{{$a}}{{x}}{{/a}}{{/p}}",
            #"{"x":1,"l":[{"x":2},{"x":3}]}"#, "23", partials: ["p": "{{#l}}{{$a}}{{/a}}{{/l}}"]),
        MustacheCase(
            "two parents beside each other do not mix", "{{<p}}{{$a}}1{{/a}}{{/p}}{{<p}}{{/p}}", "{}", "1x",
            partials: ["p": "{{$a}}x{{/a}}"]),
        MustacheCase("an unknown parent leaves nothing", "[{{<p}}{{$a}}1{{/a}}{{/p}}]", "{}", "[]"),
    ]

    static let indentedBlocks = [
        MustacheCase(
            "a parent alone on its line is indented like a partial", "a\n  {{<p}}{{/p}}\nb\n", "{}",
            "a\n  x\n  y\nb\n", partials: ["p": "x\ny\n"]),
        MustacheCase(
            "also with blocks on the same line", "a\n  {{<p}}{{$v}}1{{/v}}{{/p}}\nb\n", "{}", "a\n  x1\n  y\nb\n",
            partials: ["p": "x{{$v}}{{/v}}\ny\n"]),
        MustacheCase(
            "lines that only open or close parents and blocks go", "{{<p}}{{$a}}\n1\n{{/a}}{{/p}}\n|", "{}",
            "[\n1\n]\n|", partials: ["p": "[\n{{$a}}\n{{/a}}\n]\n"]),
        MustacheCase(
            "a replacement stands as deep as the block's own content", "{{<p}}\n{{$a}}\n- 1\n- 2\n{{/a}}\n{{/p}}\n",
            "{}",
            "l:\n  - 1\n  - 2\n", partials: ["p": "l:\n{{$a}}\n  - x\n{{/a}}\n"]),
        MustacheCase(
            "wherever it was written", "{{<p}}\n    {{$a}}\n      - 1\n        - 2\n    {{/a}}\n{{/p}}\n", "{}",
            "l:\n  - 1\n    - 2\n", partials: ["p": "l:\n  {{$a}}\n  {{/a}}\n"]),
        MustacheCase(
            "its sections, partials and blocks move with it",
            "{{<p}}{{$a}}\n    {{#l}}\n    - {{.}}\n    {{/l}}\n    {{>q}}\n{{/a}}{{/p}}", #"{"l":[1,2]}"#,
            "  - 1\n  - 2\n  q\n", partials: ["p": "  {{$a}}{{/a}}\n", "q": "q\n"]),
        MustacheCase(
            "a block inside a block stands relative to it", "{{<p}}{{$b}}\n9\n{{/b}}{{/p}}", "{}", "1\n  9\n",
            partials: [
                "p": "{{<q}}{{$a}}\n    1\n    {{$b}}\n      2\n    {{/b}}\n{{/a}}{{/q}}", "q": "{{$a}}{{/a}}\n",
            ]),
        MustacheCase(
            "a replacement without a last line break gets one where the block had its line",
            "{{<p}}{{$a}}1{{/a}}{{/p}}", "{}", "a\n  1\nb\n", partials: ["p": "a\n  {{$a}}{{/a}}\nb\n"]),
        MustacheCase(
            "inside a line a block takes the text alone", "{{<p}}{{$a}}1{{/a}}{{/p}}", "{}", "x: 1\n",
            partials: ["p": "x: {{$a}}y{{/a}}\n"]),
        MustacheCase(
            "empty lines of a replacement stay empty", "{{<p}}{{$a}}\n1\n\n2\n{{/a}}{{/p}}", "{}", "  1\n\n  2\n",
            partials: ["p": "  {{$a}}{{/a}}\n"]),
    ]
}
