#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The whole service under valgrind: cards in and out, pairing, good and bad logins,
and each command that an administrator types.

Each process has run under valgrind, with no invalid access, nothing used
uninitialised and nothing lost.

usage: flow.py BUILD
"""
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "flow"))
import stack  # noqa: E402

USER = "nobody"
WRONG = "654321"
SERVICES = ("scsd", "scs-readerd", "scs-ifd", "scs-tokend", "scs-token-worker",
            "scs-authd")
TOOLS = ("sc_auth", "security", "system_profiler")
DRIVER = "com.example.driver"
PATIENCE = 60  # seconds for what takes a moment without valgrind


class Slow(stack.Stack):
    """The service with each program replaced by under.c."""

    def start(self):
        libexec = f"{self.prefix}/libexec"
        os.makedirs(libexec)
        os.mkdir(f"{self.prefix}/valgrind")
        os.chmod(f"{self.prefix}/valgrind", 0o1777)
        shutil.copy(self.program("no-filter.so"), libexec)
        for name in SERVICES + TOOLS:
            # copies: a service's user may not reach the build
            shutil.copy(self.program(name), f"{libexec}/{name}.real")
            shutil.copy(self.program("under-valgrind"), f"{libexec}/{name}")
        for name in ("scsd",) + TOOLS:
            self.programs[name] = f"{libexec}/{name}"
        return super().start()

    def wait_log(self, part, seconds=PATIENCE):
        return super().wait_log(part, PATIENCE)

    def expect_login(self, want, *answers):
        """The PAM code as a pattern."""
        _, out = self.login(USER, *answers, options="timeout=60")
        if not re.search(rf"^authenticate: {want}$", out, re.M):
            raise stack.Failure(f"wanted {want}:\n{out}")
        print(f"  {want}", flush=True)

    def card(self, file):
        self.mark()
        card = stack.Card(self, file)
        self.wait_log("card ready")
        return card

    def remove(self, card):
        self.mark()
        card.stop()
        self.wait_log("card out")


def commands(s, key):
    """Each with what it succeeds with, and some that fail. At the end USER is
    paired with the key."""
    token = ["security", "smartcards", "token"]
    out = f"{s.prefix}/out"
    os.mkdir(out)
    pair = ["sc_auth", "pair", "-u", USER, "-h"]
    new = "87654321"
    for status, stdin, *argv in (
            (0, "", "security", "list-smartcards", "--json"),
            (0, "", "security", "export-smartcard"),
            (0, "", "security", "export-smartcard", "-e", out),
            (0, "", *token, "-d", DRIVER), (0, "", *token, "-l"),
            (0, "", *token, "-e", DRIVER), (2, "", *token, "-d", ""),
            (0, "", "system_profiler"), (0, "", "system_profiler", "-json"),
            (0, "", "system_profiler", "-xml"),
            (0, "", "sc_auth", "identities"), (44, "", *pair, "0" * 40),
            (0, "", *pair, key),
            (0, "", "sc_auth", "identities", "--json"),
            (0, "", "sc_auth", "list", "-u", USER),
            (0, "", "sc_auth", "unpair", "-u", USER),
            (0, f"{stack.PIN}\n", *pair, key, "--pin"),
            (0, "", "sc_auth", "pairing_ui", "-s", "status"),
            (4, f"{WRONG}\n", "sc_auth", "verifypin"),
            (4, f"{WRONG}\n", "sc_auth", "verifypin"),
            (0, f"{stack.PIN}\n{new}\n", "sc_auth", "changepin"),
            (0, f"{new}\n{stack.PIN}\n", "sc_auth", "changepin"),
            (0, f"{stack.PIN}\n", "sc_auth", "verifypin"),
            (2, "", "sc_auth", "nothing")):
        s.tool(*argv, stdin=stdin, check=status)
        print(f"  {' '.join(argv)}", flush=True)


def story(s):
    alice = s.person("alice.card", "Alice Slow", "p256")
    bob = s.person("bob.card", "Bob Slow", "rsa2048")
    card = s.card(alice)
    commands(s, stack.pubkey_hash(s.certificate(alice, "9a")))
    s.expect_login("PAM_SUCCESS", stack.PIN)
    s.expect_login("PAM_AUTH_ERR", WRONG, "no", "no")
    s.expect_login("PAM_SUCCESS", stack.PIN)
    s.remove(card)
    s.expect_login("PAM_CRED_UNAVAIL", stack.PIN)
    card = s.card(bob)
    s.expect_login("PAM_CRED_INSUFFICIENT", stack.PIN)
    s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(bob, "9a")))
    s.expect_login("PAM_SUCCESS", stack.PIN)
    card.tell("misbehave garbage=72 ins=87 times=1")
    s.expect_login(r"(?!PAM_SUCCESS)PAM_\w+", stack.PIN)
    s.remove(card)


def verdict(folder):
    """Problems in what valgrind wrote, and how many processes it watched.

    What valgrind finds on the way it tells at once; what is lost it tells at the
    end, which a reader's driver never sees: it is killed with its service.
    """
    problems, seen, ended = [], set(), set()
    files = sorted(os.listdir(folder))
    for file in files:
        name = file.rsplit(".", 1)[0]
        with open(f"{folder}/{file}", errors="replace") as f:
            text = f.read()
        seen.add(name)
        if re.search(r"^==\d+== ERROR SUMMARY: ", text, re.M):
            ended.add(name)
        if re.search(r"^==\d+== +at 0x|ERROR SUMMARY: [1-9]", text, re.M):
            problems.append(f"--- {file}\n{text}")
    problems += [f"no {name} was watched by valgrind" if name not in seen else
                 f"no {name} came to its end"
                 for name in SERVICES + TOOLS
                 if name not in ended and (name not in seen or
                                           name != "scs-ifd")]
    return problems, len(files)


def main():
    if not os.path.exists("/usr/bin/valgrind"):
        print("valgrind is not installed")
        return 77
    s = Slow(sys.argv[1], readers=("Slow Reader",))
    try:
        s.start()
        story(s)
        stack.end(s.scsd)
        problems, n = verdict(f"{s.prefix}/valgrind")
    except stack.Failure as e:
        problems, n = [str(e), s.log_text()[-6000:]], 0
        problems += verdict(f"{s.prefix}/valgrind")[0]
    finally:
        s.stop()
    print("\n".join(problems))
    print(f"{n} processes watched, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
