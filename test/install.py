#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `ninja install` puts where, as the README has it done.

usage: install.py SOURCE BUILD. A build tree is configured for /usr, with and
without Debian's dpkg-dev on the PATH: the same files go to the same places, and
PAM's module to where PAM looks. Then BUILD, which is built, is installed below
a scratch folder, and what the unit and the manual pages name is there.
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def run(*argv, **kw):
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=200, **kw)
    if r.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit {r.returncode}\n{r.stdout}")
    return r.stdout


def path_without(name, folder):
    """A PATH of links to everything but one program."""
    os.mkdir(folder)
    for place in os.environ["PATH"].split(":"):
        if not os.path.isdir(place):
            continue
        for program in os.listdir(place):
            link = f"{folder}/{program}"
            if program != name and not os.path.lexists(link):
                os.symlink(f"{place}/{program}", link)
    return folder


def configured(source, build, path):
    # a cache would be left in the home
    env = {**os.environ, "PATH": path, "CCACHE_DISABLE": "1"}
    run("meson", "setup", "--prefix=/usr", build, source, env=env)
    listing = run("meson", "introspect", build, "--installed", env=env)
    return sorted(json.loads(listing).values())


def expect(cond, what):
    if not cond:
        sys.exit(what)


def places(source, scratch):
    with_dev = configured(source, f"{scratch}/a", os.environ["PATH"])
    without = configured(source, f"{scratch}/b",
                         path_without("dpkg-architecture", f"{scratch}/bin"))
    expect(with_dev == without, "dpkg-dev changes where things go: "
           f"{sorted(set(with_dev) ^ set(without))}")
    triplet = run("cc", "-print-multiarch").strip()
    for want in (f"/usr/lib/{triplet}/security/pam_smartcard.so",
                 "/usr/sbin/scsd", "/usr/bin/sc_auth",
                 "/usr/lib/systemd/system/scsd.service",
                 "/usr/lib/sysusers.d/scs.conf"):
        expect(want in without, f"{want} is not installed")
    module = next(p for p in without if p.endswith("/pam_smartcard.so"))
    real = os.path.dirname(module) + "/pam_permit.so"
    expect(os.path.exists(real), f"PAM's own modules are not there: {real}")


def contents(build, scratch):
    root = f"{scratch}/root"
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", root)
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            found[path[len(root):]] = os.lstat(path).st_mode
    for path, mode in found.items():
        expect(mode & 0o022 == 0 and mode & 0o6000 == 0,
               f"{path}: mode {mode & 0o7777:o}")
        with open(root + path, "rb") as f:
            data = f.read()
        # programs do, for the debugger
        expect(data.startswith(b"\x7fELF")
               or os.path.abspath(build).encode() not in data,
               f"{path} names the build tree")
    unit = next(p for p in found if p.endswith("/scsd.service"))
    with open(root + unit) as f:
        start = re.search(r"^ExecStart=(\S+)", f.read(), re.M)[1]
    expect(found.get(start, 0) & 0o111, f"{unit} starts {start}")
    pages = {re.sub(r".*/|\.\d$", "", p) for p in found if "/man/" in p}
    for path in found:
        name = os.path.basename(path)
        if "/bin/" in path or "/sbin/" in path or "/libexec/" in path:
            expect(name in pages, f"{path} has no manual page")
    elf = [p for p in found if open(root + p, "rb").read(4) == b"\x7fELF"]
    for path in elf:
        dynamic = run("readelf", "-d", root + path)
        expect("RPATH" not in dynamic and "RUNPATH" not in dynamic,
               f"{path} has a path of its own for libraries")
    print(f"{len(found)} files, {len(elf)} of them programs and libraries")


def main():
    source, build = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="scs-install.") as scratch:
        places(source, scratch)
        contents(build, scratch)


if __name__ == "__main__":
    main()
