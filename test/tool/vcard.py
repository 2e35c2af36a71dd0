#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scs-vcard as a command: what each subcommand takes, refuses and says; then a
card in a reader that speaks vpcd's frames, told what to do over its socket.

usage: vcard.py SCS_VCARD
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile

VCARD = sys.argv[1]


def run(*argv, check=None, says=None, data=None):
    r = subprocess.run([VCARD, *argv], input=data, capture_output=True,
                       timeout=60)
    said = (r.stdout + r.stderr).decode(errors="replace")
    name = " ".join(argv)
    if check is not None and r.returncode != check:
        raise AssertionError(f"{name}: exit {r.returncode}: {said}")
    if says is not None and says not in said:
        raise AssertionError(f"{name}: no {says!r} in {said!r}")
    return r.stdout


def openssl(*argv, data=None):
    return subprocess.run(["openssl", *argv], input=data, check=True,
                          capture_output=True).stdout


def usage():
    run("--help", check=0, says="usage: scs-vcard create")
    run("--version", check=0, says="scs-vcard ")
    run(check=2, says="no command")
    for argv, says in (
            (("fly",), 'no command "fly"'),
            (("create",), "one FILE"),
            (("create", "--no-such", "x"), "wrong option"),
            (("create", "--pin-tries", "0", "x"), 'pin-tries: "0" is wrong'),
            (("create", "--pin-tries", "16", "x"), "is wrong"),
            (("create", "--serial", "-1", "x"), "is wrong"),
            (("create", "--serial", "1x", "x"), "is wrong"),
            (("create", "--guid", "0", "x"), "is wrong"),
            (("create", "--management-alg", "rot13", "x"), "is wrong"),
            (("personalize", "x"), "--authority are wanted"),
            (("personalize", "x", "--slot", "99"), "is wrong"),
            (("personalize", "x", "--slot", "9a:rsa512"), "is wrong"),
            (("personalize", "x", "--from-days", "soon"), "is wrong"),
            (("import", "x", "9b", "--key", "y"), "SLOT are wanted"),
            (("import", "x", "9a"), "--cert or --key"),
            (("export", "x"), "SLOT are wanted"),
            (("export", "x", "zz"), "SLOT are wanted"),
            (("put", "x", "5fc102"), "PATH are wanted"),
            (("put", "x", "tag", "y"), "PATH are wanted"),
            (("run", "x"), "--connect are wanted"),
            (("run", "x", "--connect", "http:x"), "--connect are wanted"),
            (("tell", "x"), "SOCKET and a command")):
        run(*argv, check=2, says=says)


def files(d):
    card = f"{d}/card"
    for argv in (("--pin", "12345"), ("--pin", "123456789"), ("--pin", "abcdef"),
                 ("--puk", "1"), ("--guid", "00"), ("--expiry", "2030"),
                 ("--t0", "--extended"), ("--management-key", "0102")):
        run("create", card, *argv, check=1, says="right form")
        assert not os.path.exists(card), argv
    run("create", card, "--pin", "654321", "--serial", "77", check=0)
    run("create", card, check=1, says="already")
    run("create", f"{d}/none/card", check=1, says="none/card")
    run("export", f"{d}/nothing", "9a", check=1, says="nothing")
    run("export", card, "9a", check=1, says="none in that slot")
    run("personalize", card, "--authority", f"{d}/ca.pem,{d}/ca.key",
        "--slot", "9a:p256", "--slot", "9e:p384", "--subject",
        "C=US/CN=Command Line", "--gzip", check=0)
    spki = run("export", card, "9a", "--public", check=0)
    assert b"256 bit" in openssl("pkey", "-pubin", "-inform", "der", "-noout",
                                 "-text", data=spki)
    with open(f"{d}/key.pem", "wb") as f:
        f.write(openssl("ecparam", "-name", "prime256v1", "-genkey",
                        "-noout"))
    openssl("req", "-x509", "-new", "-key", f"{d}/key.pem", "-subj",
            "/CN=outside", "-out", f"{d}/cert.pem")
    run("import", card, "9d", "--key", f"{d}/key.pem", "--cert",
        f"{d}/cert.pem", check=0)
    assert run("export", card, "9d", check=0) == openssl(
        "x509", "-in", f"{d}/cert.pem", "-outform", "der")
    for what, path in (("--key", f"{d}/cert.pem"), ("--cert", f"{d}/key.pem"),
                       ("--key", f"{d}/nothing")):
        before = open(card, "rb").read()
        run("import", card, "9d", what, path, check=1, says=path)
        assert open(card, "rb").read() == before, what
    run("put", card, "5fc109", f"{d}/cert.pem", check=0)
    run("put", card, "5fd109", f"{d}/cert.pem", check=1, says="5fd109")


def damaged(d):
    with open(f"{d}/card", "rb") as f:
        good = f.read()
    for name, data, says in (
            ("cut", good[:-1], "damaged"),
            ("changed", good[:20] + bytes([good[20] ^ 1]) + good[21:],
             "damaged"),
            ("text", b"hello\n" * 20, "not the file of a card"),
            ("old", good[:8] + b"\1" + good[9:], "another version")):
        path = f"{d}/{name}"
        with open(path, "wb") as f:
            f.write(data)
        for argv in (("export", path, "9a"), ("import", path, "9a", "--key",
                     f"{d}/key.pem"), ("put", path, "5fc102", f"{d}/key.pem"),
                     ("personalize", path, "--authority",
                      f"{d}/ca.pem,{d}/ca.key"),
                     ("run", path, "--connect", "unix:/nonexistent")):
            run(*argv, check=1, says=says)
        with open(path, "rb") as f:
            assert f.read() == data, name


class Reader:
    """vpcd's side: u16 length, bytes; 1 is power on, 4 asks for the ATR."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        self.card = self.listener.accept()[0]
        self.card.settimeout(60)

    def send(self, data):
        self.card.sendall(struct.pack(">H", len(data)) + data)

    def ask(self, data):
        self.send(data)
        n = struct.unpack(">H", self.take(2))[0]
        return self.take(n)

    def take(self, n):
        got = b""
        while len(got) < n:
            chunk = self.card.recv(n - len(got))
            if not chunk:
                raise AssertionError("the card has gone")
            got += chunk
        return got


def in_reader(d):
    r, control = Reader(), f"{d}/control"
    card = subprocess.Popen(
        [VCARD, "run", f"{d}/card", "--connect", f"tcp:127.0.0.1:{r.port}",
         "--control", control, "--misbehave", "sw=6f00 ins=cb times=1"],
        stdin=subprocess.DEVNULL)
    try:
        r.accept()
        r.send(b"\1")
        assert r.ask(b"\4")[0] == 0x3b
        select = bytes.fromhex("00a4040005a00000030800")
        chuid = bytes.fromhex("00cb3fff055c035fc10200")
        assert r.ask(select)[-2:] == b"\x90\0"
        assert r.ask(chuid) == b"\x6f\0"
        assert r.ask(chuid)[-2:] == b"\x90\0"
        run("tell", control, "status", check=0, says="pin-tries 3")
        run("tell", control, "counts", check=0, says="total 3")
        run("tell", control, "trace", check=0, says="00CB3FFF")
        run("tell", control, "clear", check=0)
        run("tell", control, "counts", check=0, says="total 0")
        run("tell", control, "misbehave", "nonsense", check=1, says="nonsense")
        run("tell", control, "dance", check=1, says="error: ")
        run("tell", control, "remove", check=0)
        assert r.card.recv(1) == b""
        run("tell", control, "insert", check=0)
        r.accept()
        run("tell", control, "quit", check=0)
        assert card.wait(20) == 0
        assert not os.path.exists(control)
        run("tell", control, "status", check=1, says=control)
    finally:
        if card.poll() is None:
            card.kill()
            card.wait()


def main():
    with tempfile.TemporaryDirectory(prefix="scs-vcard.") as d:
        usage()
        files(d)
        damaged(d)
        in_reader(d)
    print("ok")


if __name__ == "__main__":
    main()
