#!/usr/bin/env python3
"""render_jinja.py FOLDER [--text]: renders the Jinja2 form of the corpus and parses what comes out with PyYAML's C loader, as
a tool has to that works with objects; with --text the text is written as it is. Values are read by the C loader either way."""

import pathlib
import sys

import jinja2
import yaml

loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
folder = pathlib.Path(sys.argv[1])
environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(folder / "templates"), undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
template = environment.get_template("web.yaml")
defaults = yaml.load((folder / "defaults.yaml").read_text(), loader)
count = 0
for path in sorted((folder / "services").iterdir()):
    text = template.render({**defaults, **yaml.load(path.read_text(), loader)})
    if "--text" in sys.argv:
        sys.stdout.write(text + "---\n")
    else:
        count += sum(1 for document in yaml.load_all(text, loader) if document)
if count:
    print(count, "objects", file=sys.stderr)
