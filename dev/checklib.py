# SPDX-License-Identifier: BSD-2-Clause
"""What the checks of dev/ share.

A check is a function from the root of a tree to a list of problems, and comes
with small trees of its own: some that it must pass and some that it must
refuse. `check-x --self-test` runs those; `check-x [ROOT]` looks at the project.
Exit 0: nothing found; 1: problems, one a line; 77: cannot be done here.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SKIP = 77


class CannotCheck(Exception):
    """Something that the check needs is not on this machine."""


def files(root, *suffixes, under=()):
    """The files of the tree that are, or would be, in the repository."""
    root = pathlib.Path(root)
    if (root / ".git").exists():
        out = subprocess.run(
            ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
            cwd=root, check=True, capture_output=True).stdout
        names = [os.fsdecode(n) for n in out.split(b"\0") if n]
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*")]
    for name in sorted(set(names)):
        path = root / name
        if suffixes and not name.endswith(suffixes):
            continue
        if under and not name.startswith(tuple(u + "/" for u in under)):
            continue
        if path.is_file() and not path.is_symlink():
            yield name, path


def text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def strip_c(source, keep_strings=False):
    """C without comments and, unless kept, the insides of strings."""
    out = []
    i, n = 0, len(source)
    while i < n:
        two = source[i:i + 2]
        if two == "/*":
            end = source.find("*/", i + 2)
            end = n if end < 0 else end + 2
            out.append("\n" * source.count("\n", i, end))
            i = end
        elif two == "//":
            end = source.find("\n", i)
            i = n if end < 0 else end
        elif source[i] in "\"'":
            quote, start = source[i], i
            i += 1
            while i < n and source[i] not in (quote, "\n"):
                i += 2 if source[i] == "\\" else 1
            i += 1
            out.append(source[start:i] if keep_strings else quote * 2)
        else:
            out.append(source[i])
            i += 1
    return "".join(out)


def plant(root, tree):
    for name, content in tree.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def self_test(check, passes, refuses):
    """Every tree of `refuses` must give a problem, none of `passes` any."""
    wrong = 0
    cases = [(why, tree, False) for why, tree in passes.items()]
    cases += [(why, tree, True) for why, tree in refuses.items()]
    for why, tree, refused in cases:
        with tempfile.TemporaryDirectory() as root:
            plant(root, tree)
            problems = check(root)
        if bool(problems) != refused:
            wrong += 1
            print(f"{why}: should be {'refused' if refused else 'passed'}",
                  *problems, sep="\n  ")
    print(f"{len(cases)} trees, {len(refuses)} to be refused, {wrong} wrong")
    return 1 if wrong else 0


def main(check, passes, refuses):
    home = pathlib.Path(__file__).resolve().parent.parent
    try:
        if "--self-test" in sys.argv[1:]:
            sys.exit(self_test(check, passes, refuses))
        problems = check(sys.argv[1] if len(sys.argv) > 1 else home)
    except CannotCheck as e:
        print(e)
        sys.exit(SKIP)
    for p in problems:
        print(p)
    sys.exit(1 if problems else 0)
