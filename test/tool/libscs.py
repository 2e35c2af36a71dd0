#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""libscs as a stranger meets it: the shared object exports what the header
declares and the manual page names, nothing else; the page's example compiles
as C99 against the installed header and lists a card; C++ takes the header.

usage: libscs.py LIBSCS_SO SOURCE_ROOT
"""
import os
import re
import subprocess
import sys

import fake


def same(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: wanted {want}, got {got}")


def run(*argv, data=None):
    return subprocess.run(argv, input=data, text=True, capture_output=True,
                          check=True).stdout


def names(root, library):
    symbols = run("nm", "-D", "--defined-only", library)
    exported = set(re.findall(r" T (\w+)@@SCS_0$", symbols, re.M))
    others = [l for l in symbols.splitlines()
              if "@@SCS_0" not in l and not l.endswith(" A SCS_0")]
    header = open(f"{root}/include/scs/scs.h").read()
    declared = set(re.findall(r"^SCS_API [\w ]+?\*?(scs_\w+)\(", header, re.M))
    page = open(f"{root}/man/libscs.3").read()
    same("other exported symbols", others, [])
    same("declared", declared, exported)
    same("in the page", set(re.findall(r"^\.Nm (scs_\w+)", page, re.M)),
         exported)
    same("prototypes in the page",
         set(re.findall(r'^\.Fn (scs_\w+) "', page, re.M)), exported)
    same("soname", re.findall(r"SONAME\s+(\S+)",
                              run("objdump", "-p", library)), ["libscs.so.0"])


def example(root):
    page = open(f"{root}/man/libscs.3").read()
    text = re.search(r"\.Bd -literal\n(#include.*?)\.Ed", page, re.S).group(1)
    return text.replace("\\e", "\\").replace("NULL, &s", "argv[1], &s") \
        .replace("main(void)", "main(int argc, char **argv)") \
        .replace("int r;", "int r;\n(void)argc;")


def compiles_and_lists(root, library):
    w = fake.World({})
    try:
        item = fake.Item(0x9a, fake.Certificate(w.prefix, "a", 0x11), "A", 1)
        w.token.answers[fake.LIST] = fake.listing(
            fake.Card(1, "com.example:1", [item]))
        program, flags = w.prefix + "/example", ["-I", f"{root}/include"]
        sanitized = b"__asan_init" in open(library, "rb").read()
        run("cc", "-std=c99", "-pedantic-errors", "-Wall", "-Werror", *flags,
            *(["-fsanitize=address,undefined"] if sanitized else []),
            "-x", "c", "-", "-x", "none", "-o", program, library,
            "-Wl,-rpath," + os.path.dirname(library), data=example(root))
        same("printed", run(program, w.prefix), "com.example:1\n")
        run("c++", "-std=c++11", "-pedantic-errors", "-Wall", "-Werror",
            *flags, "-x", "c++", "-fsyntax-only", "-",
            data="#include <scs/scs.h>\nint f() { return SCS_OK; }\n")
    finally:
        w.close()


if __name__ == "__main__":
    lib, top = (os.path.realpath(a) for a in sys.argv[1:3])
    names(top, lib)
    compiles_and_lists(top, lib)
    print("ok")
