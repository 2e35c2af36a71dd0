#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The commands with the real services and a virtual card: what they show is
what openssl finds in the card's certificates, and PINs do what the pages say.

usage: live.py BUILD
"""
import glob
import hashlib
import os
import pwd
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "flow"))
import stack  # noqa: E402

USER = pwd.getpwuid(os.geteuid()).pw_name
PUK = "12345678"


def expect(s, args, status, want="", stdin=""):
    got, out, err = s.tool(*args, stdin=stdin)
    said = " ".join(args)
    if got != status:
        raise stack.Failure(f"{said}: exit {got}, wanted {status}\n{out}{err}")
    if not re.search(want, out + err, re.M):
        raise stack.Failure(f"{said}: did not say {want!r}\n{out}{err}")
    return out


def openssl(*args, data):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          capture_output=True).stdout


def pkhh(der):
    """SHA-1 of the contents of the BIT STRING, found by openssl."""
    spki = openssl("x509", "-inform", "DER", "-noout", "-pubkey", data=der)
    tree = openssl("asn1parse", data=spki).decode()
    at = re.search(r"^\s*(\d+):.*hl=(\d+).*BIT STRING", tree, re.M)
    bits = openssl("pkey", "-pubin", "-outform", "DER",
                   data=spki)[int(at[1]) + int(at[2]) + 1:]
    return hashlib.sha1(bits).hexdigest().upper()


def shows(s, file):
    certs = {slot: s.certificate(file, slot) for slot in ("9a", "9c", "9d")}
    token = expect(s, ["security", "list-smartcards"], 0,
                   r"^com\.apple\.pivtoken:[0-9A-F]{32}$").strip()
    out = s.prefix + "/out"
    os.mkdir(out)
    expect(s, ["security", "export-smartcard", "-e", out], 0)
    found = {openssl("x509", "-outform", "DER", data=open(f, "rb").read())
             for f in glob.glob(out + "/Certificate*.pem")}
    if len(found) != 4 or not set(certs.values()) <= found:
        raise stack.Failure("export: other certificates than the card's")
    h = pkhh(certs["9a"])
    expect(s, ["sc_auth", "identities"], 0,
           rf"^Unpaired identities:\n{h}\tCertificate For PIV Authentication "
           r"\(Jane Doe\)$")
    text = expect(s, ["system_profiler"], 0, r"#01: .*\(ATR:\{length = \d+")
    for slot, der in certs.items():
        if pkhh(der).lower() not in text:
            raise stack.Failure(f"system_profiler: no {slot}")
    return token, h


def pairs(s, h):
    user = ["-u", USER, "-h", h]
    expect(s, ["sc_auth", "pair", *user], 0, "^User was successfully paired")
    expect(s, ["sc_auth", "pair", *user, "--pin"], 0, "^User was successf",
           stdin=stack.PIN + "\n")
    expect(s, ["sc_auth", "list"], 0, f"^Hash: {h}$")
    expect(s, ["sc_auth", "identities"], 0, rf"^Paired.*\n{h}\t{USER} - Cert")
    expect(s, ["sc_auth", "pair", "-u", USER, "-h", "0" * 40], 44,
           r"^Cannot pair user \(public key hash: 0{40}\)\. ")
    expect(s, ["sc_auth", "unpair", "-u", USER], 0)
    expect(s, ["sc_auth", "identities"], 0, f"^Unpaired identities:\n{h}")


def pins(s):
    verify = ["sc_auth", "verifypin"]
    expect(s, verify, 0, "^PIN is correct$", stdin=stack.PIN + "\n")
    expect(s, verify, 1, "not sent", stdin="12345\n")
    expect(s, verify, 4, "PIN rejected, 2 tries left", stdin="111111\n")
    expect(s, verify, 4, "PIN rejected.*not sent again", stdin="111111\n")
    expect(s, verify, 4, "PIN rejected, 1 try left", stdin="222222\n")
    expect(s, verify, 1, "--last-try", stdin="333333\n")
    expect(s, verify + ["--last-try"], 5, "blocked", stdin="333333\n")
    expect(s, verify, 5, "changepin -u", stdin=stack.PIN + "\n")
    expect(s, ["sc_auth", "changepin", "-u", "--last-try"], 0,
           "^PIN was changed$", stdin=f"{PUK}\n87654321\n")
    expect(s, ["sc_auth", "changepin"], 0, "^PIN was changed$",
           stdin=f"87654321\n{stack.PIN}\n")
    expect(s, verify, 0, "^PIN is correct$", stdin=stack.PIN + "\n")


def main(build):
    options = ["--access", "all"]
    with stack.Stack(build, options=options, name="scs-tools") as s:
        expect(s, ["security", "list-smartcards"], 44, "^No smartcards found")
        file = s.person("card", "Jane Doe")
        card = stack.Card(s, file)
        s.wait_tokens(1)
        token, h = shows(s, file)
        pairs(s, h)
        pins(s)
        card.stop()
        s.wait_tokens(0)
        expect(s, ["sc_auth", "verifypin", "-t", token], 44, "not in any")
    print("ok")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
