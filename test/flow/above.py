#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The token and login services above Debian's pcscd, which keeps the readers.

pcscd, its vpcd driver and everything else run in a mount namespace of their
own; the card is ours, on vpcd's port. Logins, tools, other people's clients at
the same time, resets by others, exclusive clients, the card out and in, pcscd
killed. Root only; 77 means skipped.

usage: above.py BUILD
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import stack
import token_client as tok

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
MODULE = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
SOCK = "/run/pcscd/pcscd.comm"
READER = "Above 00 00"
USER = "nobody"
PORT = 20000 + os.getpid() % 2000 * 2
PIN = stack.PIN.encode()
EXCLUSIVE, SHARED = 1, 2
LEAVE, RESET = 0, 1
RESET_CARD = 0x80100068
BUSY = 8  # err_t
SELECT = bytes.fromhex("00a4040009a0000003080000100000")
SIGN_9A = bytes.fromhex("0087119a267c2482008120" + "01" * 32 + "00")


def expect(what, got, want):
    if got != want:
        raise stack.Failure(f"{what}: {got!r} instead of {want!r}")
    print(f"  {what}")


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def in_private():
    if os.environ.get("SCS_IN_PRIVATE"):
        # -n: mount(8) would leave /run/mount behind, and we /run/pcscd
        subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=0755",
                        "tmpfs", "/run"], check=True)
        os.mkdir("/run/pcscd", 0o755)
        return
    if os.geteuid() != 0:
        skip("needs root for a mount namespace")
    for need in ("/usr/sbin/pcscd", DRIVER, MODULE, "/usr/bin/opensc-tool"):
        if not os.path.exists(need):
            skip(f"{need} is not installed")
    if subprocess.run(["unshare", "-m", "true"]).returncode != 0:
        skip("no mount namespaces here")
    os.environ["SCS_IN_PRIVATE"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])


class Pcscd:
    """Debian's daemon with one vpcd reader."""

    def __init__(self, folder):
        self.conf = f"{folder}/readers"
        self.log = open(f"{folder}/pcscd.log", "ab")
        os.makedirs(self.conf)
        with open(f"{self.conf}/vpcd", "w") as f:
            f.write('FRIENDLYNAME "Above"\n'
                    f"DEVICENAME /dev/null:{PORT:#X}\n"
                    f"LIBPATH {DRIVER}\nCHANNELID {PORT:#X}\n")

    def start(self):
        self.proc = subprocess.Popen(
            ["/usr/sbin/pcscd", "-f", "-c", self.conf],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        stack.wait_until(lambda: stack.listens(SOCK), 60, "pcscd's socket")

    def kill(self):
        self.proc.kill()
        self.proc.wait()
        os.unlink(SOCK)


class Pcsc:
    """Somebody else's PC/SC client, by raw frames of protocol 4:4."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(SOCK)
        expect_rv(self.call(0x11, struct.pack("=iiI", 4, 4, 0)))
        got = self.call(0x01, struct.pack("=III", 2, 0, 0))
        expect_rv(got)
        self.context = struct.unpack("=III", got)[1]

    def recv_n(self, n):
        data = b""
        while len(data) < n:
            part = self.sock.recv(n - len(data))
            if not part:
                raise stack.Failure("pcscd closed the connection")
            data += part
        return data

    def call(self, command, body, data=b""):
        self.sock.sendall(struct.pack("=II", len(body), command) + body + data)
        return self.recv_n(len(body))

    def connect(self, share):
        got = self.call(0x04, struct.pack(
            "=I128sIIiII", self.context, READER.encode(), share, 3, 0, 0, 0))
        self.card, self.protocol = struct.unpack("=iI", got[140:148])
        return rv(got)

    def begin(self):
        return rv(self.call(0x07, struct.pack("=iI", self.card, 0)))

    def send(self, apdu):
        """The answer with its status word; the card was not reset before."""
        got = self.call(0x09, struct.pack(
            "=iIIIIIII", self.card, self.protocol, 16, len(apdu),
            self.protocol, 16, 65548, 0), apdu)
        expect_rv(got)
        return self.recv_n(struct.unpack("=I", got[24:28])[0])

    def disconnect(self, how):
        expect_rv(self.call(0x06, struct.pack("=iII", self.card, how, 0)))


def rv(body):
    return struct.unpack("=I", body[-4:])[0]


def expect_rv(body):
    if rv(body) != 0:
        raise stack.Failure(f"pcscd says {rv(body):#x}")


def commands(card):
    """INS of each APDU since the last clear, and the length of its data."""
    rows = [line.split() for line in card.tell("trace").splitlines()
            if line and line[0].isdigit()]
    return [(row[1][2:4].lower(), int(row[2][3:]))
            for row in rows]


def good_login(s):
    code, out = s.login(USER, stack.PIN)
    if code != 0:
        raise stack.Failure(f"a login failed:\n{out}")


def lists(s, card):
    print("lists")
    _, out, _ = s.tool("security", "list-smartcards", check=0)
    expect("security list-smartcards", out.count("com.apple.pivtoken:"), 1)
    _, out, _ = s.tool("system_profiler", "SPSmartCardsDataType", check=0)
    expect("system_profiler names the token", "com.apple.pivtoken:" in out,
           True)
    expect("and pcscd's reader", READER in out, True)


def logins(s, card):
    print("logins")
    card.tell("clear")
    good_login(s)
    p = Pcsc()
    seen = commands(card)
    expect("a stranger connects", p.connect(SHARED), 0)
    expect("and cannot use what the login opened",
           p.send(SIGN_9A)[-2:].hex(), "6982")
    p.disconnect(LEAVE)
    p.sock.close()
    print("   ", " ".join(ins for ins, _ in seen))
    expect("one PIN", len([1 for i, n in seen if i == "20" and n > 0]), 1)
    expect("one signature", len([1 for i, _ in seen if i == "87"]), 1)
    expect("nothing but SELECT, VERIFY and GENERAL AUTHENTICATE",
           {i for i, _ in seen}, {"a4", "20", "87"})
    code, out = s.login(USER, "999999")
    expect("a wrong PIN is refused", code != 0, True)
    expect("two tries left", "pin-tries 2" in card.tell("status"), True)
    good_login(s)
    expect("three again", "pin-tries 3" in card.tell("status"), True)


def others_at_the_same_time(s):
    print("others at the same time")
    tools = [["opensc-tool", "--reader", READER, "--atr"],
             ["pkcs11-tool", "--module", MODULE, "--login", "--pin", stack.PIN,
              "--list-objects", "--type", "privkey"]]
    procs = [subprocess.Popen(t, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) for t in tools]
    good_login(s)
    for t, p in zip(tools, procs):
        out, _ = p.communicate(timeout=120)
        if p.returncode != 0:
            raise stack.Failure(f"{t[0]}: exit {p.returncode}\n{out}")
        expect(f"{t[0]} beside a login", len(out) > 0, True)


def sessions(s):
    print("sessions")
    a = tok.Client(s.prefix)
    (t,) = a.wait_tokens(1)
    n = t["insertion"]
    ins = struct.pack(">Q", n)
    expect("login", a.ask(tok.LOGIN, ins, PIN)[0], tok.OK)
    expect("9A signs", a.sign(n, 0x9a)[0], tok.OK)
    p = Pcsc()
    expect("a stranger connects meanwhile", p.connect(SHARED), 0)
    expect("and is not kept waiting", p.begin(), 0)
    expect("he cannot use the session", p.send(SIGN_9A)[-2:].hex(), "6982")
    expect("nor when he selects first",
           (p.send(SELECT)[-2:].hex(), p.send(SIGN_9A)[-2:].hex()),
           ("9000", "6982"))
    done = []
    waits = threading.Thread(target=lambda: done.append(a.sign(n, 0x9a)[0]))
    waits.start()
    waits.join(0.6)
    expect("the session waits for his transaction", done, [])
    p.disconnect(LEAVE)
    waits.join(60)
    expect("and goes on after it", done, [tok.OK])
    expect("reconnected", p.connect(SHARED), 0)
    p.disconnect(RESET)
    expect("his reset ends the session", a.sign(n, 0x9a)[0], tok.PIN_NEEDED)
    expect("log in again", a.ask(tok.LOGIN, ins, PIN)[0], tok.OK)
    expect("9A signs again", a.sign(n, 0x9a)[0], tok.OK)
    p.sock.close()
    a.close()


def card_that_cannot_clear(s):
    """It is given back by a reset, which costs our own sessions nothing."""
    print("a card that cannot clear its status")
    file = s.person("noclear.card", "No Clear", "p256", "--no-clear")
    card = stack.Card(s, file, where=f"tcp:127.0.0.1:{PORT}")
    a = tok.Client(s.prefix)
    (t,) = a.wait_tokens(1)
    n = t["insertion"]
    p = Pcsc()
    expect("a stranger connects", p.connect(SHARED), 0)
    expect("login", a.ask(tok.LOGIN, struct.pack(">Q", n), PIN)[0], tok.OK)
    expect("9A signs", a.sign(n, 0x9a)[0], tok.OK)
    stack.wait_until(lambda: p.begin() == RESET_CARD, 60, "our reset")
    p.disconnect(LEAVE)
    expect("the stranger is told of our reset", p.connect(SHARED), 0)
    expect("and cannot use the session",
           (p.send(SELECT)[-2:].hex(), p.send(SIGN_9A)[-2:].hex()),
           ("9000", "6982"))
    p.disconnect(LEAVE)
    expect("which goes on", a.sign(n, 0x9a)[0], tok.OK)
    # CONNECT waits for our reset: a card pulled in it is another test
    expect("and is given back", p.connect(SHARED), 0)
    p.disconnect(LEAVE)
    p.sock.close()
    a.close()
    out(s, card.stop)


def patience(s, card):
    """A transaction longer than we wait, then an exclusive client first."""
    print("patience")
    a = tok.Client(s.prefix)
    (t,) = a.wait_tokens(1)
    p = Pcsc()
    expect("somebody has the card", (p.connect(SHARED), p.begin()), (0, 0))
    card.tell("clear")
    err, reason, _ = a.ask(tok.TRIES, struct.pack(">Q", t["insertion"]))
    expect("after a while that is said", (err, reason),
           (BUSY, "another program keeps the card"))
    expect("(no command was sent)", commands(card), [])
    p.disconnect(LEAVE)
    expect("the same worker goes on",
           a.ask(tok.TRIES, struct.pack(">Q", t["insertion"]))[0], tok.OK)
    s.mark()
    os.kill(s.pid_of("scs-token-worker"), signal.SIGKILL)
    stack.wait_until(lambda: p.connect(EXCLUSIVE) == 0, 60,
                     "an exclusive connection")
    s.wait_log("has the card for itself")
    expect("an exclusive client: no token", a.tokens(), [])
    p.disconnect(LEAVE)
    a.wait_tokens(1)
    expect("a token when it has gone", len(a.tokens()), 1)
    p.sock.close()
    a.close()


def out(s, take_out):
    """pcscd looks every 0.4 s and misses a card that is out for less."""
    take_out()
    s.wait_tokens(0)
    time.sleep(1)


def out_and_in(s, card):
    print("card out and in")
    s.wait_tokens(1)
    out(s, lambda: card.tell("remove"))
    code, _ = s.login(USER, stack.PIN)
    expect("no login without it", code != 0, True)
    card.tell("insert")
    s.wait_tokens(1)
    good_login(s)
    expect("a login with it again", True, True)


def pcscd_killed(s, pcscd):
    print("pcscd killed")
    pcscd.kill()
    s.wait_tokens(0)
    expect("no tokens, and still there", s.scsd.poll(), None)
    pcscd.start()
    s.wait_tokens(1)
    good_login(s)
    expect("a login after its restart", True, True)


def untrusted_places(s):
    """Root's scsd sends no PIN to a socket that others could have put there."""
    print("untrusted places")
    os.chmod("/run/pcscd", 0o777)
    s.mark()
    os.kill(s.pid_of("scs-token-worker"), signal.SIGKILL)
    s.wait_log("no PIN is sent there")
    s.wait_tokens(0)
    os.chmod("/run/pcscd", 0o755)
    expect("no token from it", True, True)


def run(build):
    with stack.Stack(build, readers=(),
                     options=("--pcscd", SOCK)) as s:
        file = s.person("above.card", "Above Test", "p256")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        expect("without pcscd there are no tokens", tok.Client(
            s.prefix).tokens(), [])
        # tools look for readers below the prefix as well
        os.symlink("/run/pcscd", f"{s.prefix}/run/pcscd")
        pcscd = Pcscd(s.prefix)
        pcscd.start()
        try:
            s.mark()
            card = stack.Card(s, file, where=f"tcp:127.0.0.1:{PORT}")
            s.wait_log("card ready")
            expect("no reader service of ours", s.pid_of("scs-readerd"), None)
            lists(s, card)
            logins(s, card)
            others_at_the_same_time(s)
            sessions(s)
            out_and_in(s, card)
            pcscd_killed(s, pcscd)
            patience(s, card)
            out(s, lambda: card.tell("remove"))
            card_that_cannot_clear(s)
            card.tell("insert")
            s.wait_tokens(1)
            untrusted_places(s)
        finally:
            stack.end(pcscd.proc)
    print("above pcscd: all passed")


def main():
    in_private()
    run(sys.argv[1])


if __name__ == "__main__":
    main()
