#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The token service with all its real processes: cards in and out, sessions,
strangers over PC/SC, and every process killed once.

usage: tokens.py BUILD
"""
import os
import signal
import struct
import subprocess
import sys
import time

import kill
import stack
from token_client import (
    ANSWER, Client, DECRYPT, DENIED, DIGEST, EVENT, LIST, LOGIN, OK,
    PIN_FORM, PIN_NEEDED, PIN_WRONG, PROBE, REMOVED, SIGN, TRIES, VERIFY_SIGN, WATCH)


def expect(what, got, want):
    if got != want:
        raise stack.Failure(f"{what}: {got!r} instead of {want!r}")
    print(f"  {what}")


def card_file(st, name, *options):
    path = st.new_card(name, *options)
    st.run("scs-vcard", "personalize", path, "--authority",
           f"{st.prefix}/ca.pem,{st.prefix}/ca.key", "--slot", "9A:p256",
           "--slot", "9C:p256", "--slot", "9D:p256", "--slot", "9E:p256",
           "--subject", "CN=Jane Doe", check=0)
    return path


def stranger(st, *apdus, reset=True):
    """Send APDUs over PC/SC with OpenSC's tool; the last status word. It resets
    the card when it ends, unless told otherwise."""
    with open(f"{FOLDER}/opensc.conf", "w") as f:
        how = "reset" if reset else "leave"
        f.write("app default { reader_driver pcsc { "
                f"disconnect_action = {how}; }} }}\n")
    argv = ["opensc-tool", "--card-driver", "default"]
    for a in apdus:
        argv += ["-s", a]
    r = subprocess.run(argv, capture_output=True, text=True, timeout=120, env={
        **os.environ, "OPENSC_CONF": f"{FOLDER}/opensc.conf",
        "PCSCLITE_CSOCK_NAME": f"{st.prefix}/run/pcscd/pcscd.comm"})
    words = [line.split("SW1=0x")[1] for line in r.stdout.splitlines()
             if "SW1=0x" in line]
    if len(words) != len(apdus):
        raise stack.Failure(f"opensc-tool: {r.stdout}{r.stderr}")
    return words[-1][:2] + words[-1].split("SW2=0x")[1][:2]


def p256_ok(spki, signature):
    """Does openssl(1) accept the signature over DIGEST?"""
    for name, data in (("k", spki), ("s", signature), ("d", DIGEST)):
        with open(f"{FOLDER}/{name}", "wb") as f:
            f.write(data)
    r = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
         "-inkey", f"{FOLDER}/k", "-sigfile", f"{FOLDER}/s", "-in",
         f"{FOLDER}/d"], capture_output=True, text=True)
    return r.returncode == 0


SELECT = "00:A4:04:00:09:A0:00:00:03:08:00:00:10:00:00"
SIGN_9A = "00:87:11:9A:26:7C:24:82:00:81:20:" + ":".join(["01"] * 32) + ":00"


def sessions(st, card):
    print("sessions")
    a, b = Client(st.prefix), Client(st.prefix)
    (t,) = a.wait_tokens(1)
    n = t["insertion"]
    ins = struct.pack(">Q", n)
    expect("the token has the name of its GUID",
           (t["id"][:19], len(t["id"])), ("com.apple.pivtoken:", 51))
    expect("four identities", sorted(t["items"]), [0x9a, 0x9c, 0x9d, 0x9e])
    expect("labels are those of macOS", t["items"][0x9a]["label"],
           "Certificate For PIV Authentication (Jane Doe)")
    expect("9A is refused before the PIN", a.sign(n, 0x9a)[0], PIN_NEEDED)
    expect("9E needs none", a.sign(n, 0x9e)[0], OK)
    expect("a password is not sent", a.ask(LOGIN, ins, b"secret")[0], PIN_FORM)
    expect("a wrong PIN leaves two tries", a.ask(LOGIN, ins, b"999999")[::2],
           (PIN_WRONG, 2))
    expect("the same one is not sent again",
           a.ask(LOGIN, ins, b"999999")[::2], (PIN_WRONG, 2))
    expect("(one PIN in all)", card.tell("trace").count("00200080 in=8"), 1)
    expect("login", a.ask(LOGIN, ins, b"123456")[0], OK)
    err, r, _ = a.sign(n, 0x9a)
    expect("9A signs", err, OK)
    expect("openssl accepts the signature",
           p256_ok(t["items"][0x9a]["spki"], r.bytes()), True)
    expect("another client cannot use the session", b.sign(n, 0x9a)[0],
           PIN_NEEDED)
    expect("nor can a stranger over PC/SC", stranger(st, SIGN_9A), "6982")
    expect("nor one who selects first", stranger(st, SELECT, SIGN_9A), "6982")
    expect("its reset ended the session", a.sign(n, 0x9a)[0], PIN_NEEDED)
    expect("login again", a.ask(LOGIN, ins, b"123456")[0], OK)
    expect("a stranger who does not reset", stranger(st, SELECT, reset=False),
           "9000")
    expect("leaves the session", a.sign(n, 0x9a)[0], OK)
    expect("9C wants the PIN each time", a.sign(n, 0x9c)[0], PIN_NEEDED)
    expect("9C with it", a.sign(n, 0x9c, b"123456")[0], OK)
    a.close()
    expect("the end of the connection ends the session",
           stranger(st, SIGN_9A), "6982")
    expect("(a new connection has none)", b.sign(n, 0x9a)[0], PIN_NEEDED)
    b.close()


def logins(st):
    print("logins")
    auth = next(int(s["Uid"].split()[1])
                for _, s in stack.process_table(st.scsd.pid)
                if s["Name"].strip() == "scs-authd")
    root = Client(st.prefix)
    (t,) = root.wait_tokens(1)
    ins = struct.pack(">Q", t["insertion"])
    body = ins + struct.pack(">BBI", 0x9a, 3, 32) + DIGEST + b"\0"
    if auth != os.geteuid():
        expect("verify-and-sign is the login service's alone",
               root.ask(VERIFY_SIGN, body, b"123456")[0], DENIED)
    c = Client(st.prefix, auth if os.geteuid() == 0 else None)
    err, r, _ = c.ask(TRIES, ins)
    expect("three tries", (err, r.num(1)), (OK, 3))
    err, r, _ = c.ask(VERIFY_SIGN, body, b"123456")
    expect("verify and sign", err, OK)
    expect("openssl accepts it", p256_ok(t["items"][0x9a]["spki"], r.bytes()),
           True)
    expect("two APDUs", r.num(2), 2)
    expect("9A does not sign without PIN",
           c.ask(PROBE, ins + b"\x9a")[1].num(1), 0)
    expect("9E does", c.ask(PROBE, ins + b"\x9e")[1].num(1), 1)
    expect("no session is left", c.sign(t["insertion"], 0x9a)[0], PIN_NEEDED)
    if os.geteuid() == 0 and "--access=all" not in st.options:
        err, reason, _ = Client(st.prefix, 65534).ask(LIST)
        expect("nobody sees no cards", err, DENIED)
        print(f"    ({reason})")
    c.close()
    root.close()


def removal(st, card):
    print("removal")
    c = Client(st.prefix)
    (t,) = c.wait_tokens(1)
    expect("watch", c.ask(WATCH)[0], OK)
    ins = struct.pack(">Q", t["insertion"])
    expect("login", c.ask(LOGIN, ins, b"123456")[0], OK)
    card.tell("remove")
    expect("an event comes", c.frame()[0], EVENT)
    c.wait_tokens(0)
    expect("the old card is named gone", c.sign(t["insertion"], 0x9a)[0],
           REMOVED)
    card.tell("insert")
    (u,) = c.wait_tokens(1)
    expect("a new insertion", u["insertion"] > t["insertion"], True)
    expect("the same card", u["id"], t["id"])
    expect("no session came along", c.sign(u["insertion"], 0x9a)[0],
           PIN_NEEDED)
    c.close()


def kinds(st):
    """Keys of every kind, read and used inside the worker's sandbox."""
    print("kinds of keys")
    path = st.new_card("kinds", "--extended")
    st.run("scs-vcard", "personalize", path, "--authority",
           f"{st.prefix}/ca.pem,{st.prefix}/ca.key", "--slot", "9A:rsa2048",
           "--slot", "9C:p384", "--slot", "9D:rsa3072", "--slot", "9E:p384",
           "--gzip", "--subject", "CN=Kim Poe", check=0)
    card = stack.Card(st, path)
    c = Client(st.prefix)
    (t,) = c.wait_tokens(1)
    expect("algorithms", {s: i["alg"] for s, i in t["items"].items()},
           {0x9a: 0x07, 0x9c: 0x14, 0x9d: 0x05, 0x9e: 0x14})
    ins = struct.pack(">Q", t["insertion"])
    expect("login", c.ask(LOGIN, ins, b"123456")[0], OK)
    info = bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST
    err, r, _ = c.ask(SIGN, ins + struct.pack(">BBI", 0x9a, 2, len(info))
                      + info)
    expect("RSA 2048 signs", err, OK)
    expect("as long as its key", len(r.bytes()), 256)
    err, r, _ = c.ask(DECRYPT, ins + struct.pack(">BBI", 0x9d, 0, 384)
                      + b"\0" + b"\x11" * 383)
    expect("RSA 3072 decrypts", (err, len(r.bytes())), (OK, 384))
    expect("P-384 signs", c.sign(t["insertion"], 0x9e)[0], OK)
    c.close()
    card.stop()
    Client(st.prefix).wait_tokens(0)


def departed(st, card):
    """While the card is busy, clients come, ask with wrong PINs, and leave."""
    print("clients that do not wait")
    c = Client(st.prefix)
    (t,) = c.wait_tokens(1)
    ins = struct.pack(">Q", t["insertion"])
    card.tell("misbehave delay=5000 ins=87 times=1")
    c.send(SIGN, ins + struct.pack(">BBI", 0x9e, 3, 32) + DIGEST)
    kill.wait_until_busy(card)
    until = time.monotonic() + 2.5  # all have left long before it is idle
    for i in range(100):
        if time.monotonic() > until:
            break
        hasty = Client(st.prefix)
        hasty.send(LOGIN, ins, b"%06d" % i)
        hasty.close()
        time.sleep(0.001)  # the queue of the socket is short
    expect("the one who waits gets his answer", c.frame()[0], ANSWER)
    card.tell("clear")
    err, r, _ = c.ask(TRIES, ins)
    expect("no PIN of those who left was presented", (err, r.num(1)), (OK, 3))
    expect("nor was the card bothered otherwise",
           card.tell("counts").count("20 "), 0)
    c.close()


def refusals(st):
    """A PIN that the card refused is remembered over the death of any process
    between us and the card; one whose answer died with it, if it has cost a
    try. Taking the card out ends it."""
    print("refused PINs and processes that are killed")
    card = stack.Card(st, card_file(st, "refusals", "--pin-tries", "9"))
    c, other = Client(st.prefix), Client(st.prefix)
    (t,) = c.wait_tokens(1)

    def login(pin):
        return c.ask(LOGIN, struct.pack(">Q", t["insertion"]), pin)[0]

    def next_one(name):
        return stack.wait_until(
            lambda: [x for x in other.tokens()
                     if x["insertion"] != t["insertion"]], 60,
            f"the token after {name}")[0]

    def kill_it(name):
        os.kill(st.pid_of(name), signal.SIGKILL)
        return next_one(name)

    def presented():
        return card.tell("trace").count("00200080 in=8")

    def left(tries):
        return f"pin-tries {tries}\n" in card.tell("status")

    for name in ("scs-token-worker", "scs-ifd", "scs-readerd"):
        card.tell("clear")
        expect("refused", login(b"999999"), PIN_WRONG)
        t = kill_it(name)
        expect(f"refused after the death of {name}", login(b"999999"),
               PIN_WRONG)
        t = kill_it(name)
        expect("and after another one", login(b"999999"), PIN_WRONG)
        expect("which did not send it", (presented(), left(8)), (1, True))
        for pin, want, sent, tries in ((b"999998", PIN_WRONG, 1, 7),
                                       (b"123456", OK, 2, 9)):
            # on a busy machine it may die before the PIN is at the card
            for _ in range(5):
                ins = struct.pack(">Q", t["insertion"])
                c.ask(TRIES, ins)  # or the delay would be that question's
                card.tell("clear")
                card.tell("misbehave delay=1500 ins=20 times=1")
                c.send(LOGIN, ins, pin)
                kill.wait_until_busy(card)
                t = kill_it(name)
                expect(f"{name} is gone", c.frame()[0], ANSWER)
                card.tell("misbehave off")
                if presented() > 0:
                    break
            expect(f"{pin.decode()} again", login(pin), want)
            expect("is sent if it has cost nothing",
                   (presented(), left(tries)), (sent, True))
        card.tell("remove")
        other.wait_tokens(0)
        card.tell("insert")
        t = next_one("the removal")
    card.tell("clear")
    expect("after a removal it is sent", login(b"999999"), PIN_WRONG)
    expect("once", (presented(), left(8)), (1, True))
    c.close()
    card.stop()
    other.wait_tokens(0)
    other.close()


def kills(st):
    print("processes killed")
    for name in ("scs-token-worker", "scs-tokend", "scs-readerd", "scs-ifd"):
        c = Client(st.prefix)
        (t,) = c.wait_tokens(1)
        pid = st.pid_of(name)
        os.kill(pid, signal.SIGKILL)

        def back():
            if st.pid_of(name) in (None, pid):
                return False
            try:
                again = Client(st.prefix)
                found = again.tokens()
                again.close()
            except (OSError, stack.Failure):
                return False
            return len(found) == 1 and found[0]["insertion"] != t["insertion"]
        stack.wait_until(back, 60, f"the token after {name} was killed")
        print(f"  {name}")
        c.close()


def sandboxes(st):
    print("sandboxes")
    seen = {}
    for pid, s in stack.process_table(st.scsd.pid):
        seen[s["Name"].strip()] = s
    for name in ("scs-readerd", "scs-ifd", "scs-tokend", "scs-token-worke",
                 "scs-authd"):
        expect(f"{name} has a filter and no way to privileges",
               (seen[name]["Seccomp"].strip(), seen[name]["NoNewPrivs"].strip()),
               ("2", "1"))
    if os.geteuid() == 0:
        uids = {s["Uid"].split()[0] for s in seen.values()}
        expect("each under a user of its own", len(uids), len(seen))


def standalone(st):
    """scs-tokend without scsd, beside such an scs-readerd; another prefix."""
    print("without scsd")
    prefix = f"{st.prefix}/without-scsd"
    run = f"{prefix}/run/scs"
    os.makedirs(run)
    programs = []
    try:
        for argv in (["scs-readerd", "--standalone", run, "--virtual", "Alone",
                      "--ifd", st.program("scs-ifd")],
                     ["scs-tokend", "--standalone", run, "--access", "all",
                      "--worker", st.program("scs-token-worker")]):
            programs.append(subprocess.Popen(
                [st.program(argv[0]), *argv[1:]], stdin=subprocess.DEVNULL,
                stdout=st.log, stderr=st.log))
            stack.wait_until(
                lambda: stack.listens(f"{run}/token.sock")
                if "tokend" in argv[0] else
                os.path.exists(f"{run}/virtual-0.sock"), 60, argv[0])
        card = stack.Card(st, card_file(st, "alone"),
                          where=f"unix:{run}/virtual-0.sock")
        c = Client(prefix)
        (t,) = c.wait_tokens(1)
        ins = struct.pack(">Q", t["insertion"])
        expect("logged in", c.ask(LOGIN, ins, b"123456")[0], OK)
        expect("and signs", c.sign(t["insertion"], 0x9a)[0], OK)
        card.tell("remove")
        c.wait_tokens(0)
        c.close()
        card.stop()
    finally:
        for p in reversed(programs):
            stack.end(p)
    expect("it ends well", [p.returncode for p in programs], [0, 0])


def main():
    global FOLDER
    with stack.Stack(sys.argv[1]) as st:
        FOLDER = st.prefix
        expect("no card, no token", Client(st.prefix).tokens(), [])
        kinds(st)
        refusals(st)
        card = stack.Card(st, card_file(st, "card"))
        sessions(st, card)
        logins(st)
        sandboxes(st)
        departed(st, card)
        removal(st, card)
        kills(st)
        standalone(st)
    print("token: all passed")


if __name__ == "__main__":
    main()
