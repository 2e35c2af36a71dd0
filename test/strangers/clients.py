#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Other people's programs, unmodified, on the reader service.

Each speaks to it through Debian's libpcsclite, as it would to pcscd, while our
token service has the same card. What a program says is checked by another one
(openssl), or must name what only the card knows. A program that is not
installed is a skip of its own; 77 when there was none at all.

usage: clients.py BUILD
"""
import os
import shutil
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "flow"))
import stack  # noqa: E402
import token_client as tok  # noqa: E402

USER = "nobody"
MANAGEMENT = "010203040506070801020304050607080102030405060708"
OPENSC = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"
YKCS11 = "/usr/lib/x86_64-linux-gnu/libykcs11.so"
CACKEY = "/usr/lib/pkcs11/libcackey.so"
PCSCLITE = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1"
PIV_GO = "/usr/share/gocode/src/github.com/go-piv/piv-go"
# what piv-go asks of a YubiKey alone: attestation (F9), RSA 1024
PIV_GO_LEFT_OUT = {
    "TestPINPrompt/Never": "attestation", "TestPINPrompt/Once": "attestation",
    "TestYubiKeyAttestation": "attestation",
    "TestSlots/Authentication": "attestation",
    "TestSlots/CardAuthentication": "attestation",
    "TestSlots/KeyManagement": "attestation",
    "TestSlots/Signature": "attestation",
    "TestYubiKeySignRSA/rsa1024": "RSA 1024",
    "TestYubiKeyDecryptRSA/rsa1024": "RSA 1024",
    "TestYubiKeyGenerateKey/rsa_1024": "RSA 1024",
    "TestSetRSAPrivateKey/rsa_1024": "RSA 1024",
}


class Missing(Exception):
    pass


def need(*paths):
    for p in paths:
        if not (os.path.exists(p) or shutil.which(p)):
            raise Missing(f"{p} is not installed")


class Clients:
    def __init__(self, s, file, card):
        self.s, self.file, self.card = s, file, card
        self.w = f"{s.prefix}/w"
        os.mkdir(self.w, 0o700)
        self.env = {**os.environ, "HOME": self.w, "LC_ALL": "C.UTF-8",
                    "XDG_CACHE_HOME": self.w, "GNUPGHOME": f"{self.w}/gnupg",
                    "PCSCLITE_CSOCK_NAME": f"{s.prefix}/run/pcscd/pcscd.comm"}
        self.env.pop("PYTHONPATH", None)

    def run(self, *argv, data="", status=0, seconds=200):
        r = subprocess.run(argv, input=data, encoding="latin-1", env=self.env,
                           cwd=self.w, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=seconds)
        if status is not None and r.returncode != status:
            raise stack.Failure(f"{' '.join(argv)}: exit {r.returncode}\n"
                                f"{r.stdout}")
        return r.stdout

    def says(self, text, *parts):
        for p in parts:
            if p not in text:
                raise stack.Failure(f"{p!r} is not in:\n{text}")

    def pcsc_scan(self):
        need("pcsc_scan")
        out = self.run("pcsc_scan", "-t", "2", status=None)
        self.says(out, "Yubico YubiKey CCID 00 00", "Card inserted")

    def opensc_tool(self):
        need("opensc-tool")
        self.says(self.run("opensc-tool", "--list-readers"), "Yes",
                  "Yubico YubiKey CCID 00 00")
        self.says(self.run("opensc-tool", "--name"), "Personal Identity")
        self.says(self.run("opensc-tool", "-s", "00a4040005a00000030800"),
                  "SW1=0x90, SW2=0x00")

    def public_key(self, slot):
        pem = self.run("openssl", "x509", "-inform", "DER", "-in",
                       f"{self.w}/{slot}.der", "-pubkey", "-noout")
        with open(f"{self.w}/{slot}.pub", "w") as f:
            f.write(pem)

    def verify(self, slot):
        self.public_key(slot)
        self.says(self.run("openssl", "dgst", "-sha256", "-verify",
                           f"{slot}.pub", "-signature", "sig", "data"),
                  "Verified OK")

    def prepare(self, slot, n):
        with open(f"{self.w}/data", "wb") as f:
            f.write(os.urandom(n))
        with open(f"{self.w}/{slot}.der", "wb") as f:
            f.write(self.s.certificate(self.file, slot))

    def sign(self, module, slot, key_id, *login):
        """A fresh signature by slot, verified by openssl."""
        self.prepare(slot, 100)
        if os.path.exists(f"{self.w}/sig"):
            os.unlink(f"{self.w}/sig")
        self.run("pkcs11-tool", "--module", module, *login, "--sign", "--id",
                 key_id, "-m", "SHA256-RSA-PKCS", "-i", "data", "-o", "sig")
        self.verify(slot)

    def pkcs11_tool_with_opensc(self):
        need("pkcs11-tool", OPENSC)
        self.sign(OPENSC, "9c", "02", "--login", "--pin", stack.PIN)

    def pkcs11_tool_with_ykcs11(self):
        need("pkcs11-tool", YKCS11)
        self.sign(YKCS11, "9c", "02", "--login", "--pin", stack.PIN)

    def cackey(self):
        """A module with PC/SC and PIV of its own; it signs what is padded."""
        need("pkcs11-tool", CACKEY)
        self.prepare("9c", 32)
        self.run("pkcs11-tool", "--module", CACKEY, "--login", "--pin",
                 stack.PIN, "--sign", "--id", "0002", "-m", "RSA-PKCS", "-i",
                 "data", "-o", "sig")
        self.public_key("9c")
        self.run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
                 "9c.pub", "-in", "data", "-sigfile", "sig")

    def p11tool(self):
        need("p11tool", OPENSC)
        out = self.run("p11tool", "--provider", OPENSC, "--list-all-certs")
        self.says(out, "Certificate for PIV Authentication", "id=%01")

    def nss(self):
        need("modutil", "certutil", OPENSC)
        db = f"sql:{self.w}/nss"
        os.mkdir(f"{self.w}/nss")
        self.run("certutil", "-N", "-d", db, "--empty-password")
        self.run("modutil", "-force", "-dbdir", db, "-add", "card",
                 "-libfile", OPENSC)
        with open(f"{self.w}/pin", "w") as f:
            f.write(stack.PIN + "\n")
        out = self.run("certutil", "-L", "-d", db, "-h", "all", "-f", "pin")
        self.says(out, "Certificate for PIV Authentication", "u,u,u")

    def piv_tool(self):
        need("piv-tool")
        self.says(self.run("piv-tool", "--name"), "Personal Identity")
        # the authentication certificate as the card keeps it: 53 { 70 { ...
        self.run("piv-tool", "--send-apdu", "00a4040005a00000030800")

    def yubico_piv_tool(self):
        need("yubico-piv-tool")
        tool = ("yubico-piv-tool", "-r", "Yubico")
        self.says(self.run(*tool, "-a", "status"), "Slot 9a", "Alice Demo",
                  "PIN tries left:\t3")
        cert = self.run(*tool, "-a", "read-certificate", "-s", "9a")
        out = self.run(*tool, "-a", "verify-pin", "-P", stack.PIN, "-a",
                       "test-signature", "-s", "9a", data=cert)
        self.says(out, "Successful ECDSA verification")

    def ykman(self):
        need("ykman")
        piv = ("ykman", "--reader", "Yubico", "piv")
        self.says(self.run(*piv, "info"), "PIN tries remaining: 3",
                  "CN=Alice Demo")
        # ykman's exit status is right, and openssl judges what it made
        self.run(*piv, "keys", "generate", "-a", "ECCP384", "-m", MANAGEMENT,
                 "82", "pub.pem")
        self.run(*piv, "certificates", "generate", "-P", stack.PIN, "-m",
                 MANAGEMENT, "-s", "CN=made by ykman", "82", "pub.pem")
        self.run(*piv, "certificates", "export", "82", "made.pem")
        self.says(self.run("openssl", "verify", "-CAfile", "made.pem",
                           "made.pem"), "made.pem: OK")
        self.run(*piv, "access", "change-pin", "-P", stack.PIN, "-n", "654321")
        out = self.run(*piv, "access", "change-pin", "-P", stack.PIN, "-n",
                       "111111", status=1)
        self.says(out, "2 tries left")
        self.run(*piv, "access", "change-pin", "-P", "654321", "-n", stack.PIN)

    def scdaemon(self):
        scd = "/usr/lib/gnupg/scdaemon"
        need(scd)
        home = f"{self.w}/gnupg"
        os.mkdir(home, 0o700)
        with open(f"{home}/scdaemon.conf", "w") as f:
            f.write("disable-ccid\n")
        out = self.run(scd, "--server", "--homedir", home,
                       data="SERIALNO undefined\n"
                       "APDU 00A4040005A00000030800\nBYE\n")
        self.says(out, "S SERIALNO", "D a", "OK closing connection")
        if "ERR" in out:
            raise stack.Failure(out)

    def python(self):
        need("/usr/lib/python3/dist-packages/smartcard/System.py")
        seen = f"{self.w}/monitored"
        open(seen, "w").close()
        p = subprocess.Popen(["/usr/bin/python3", "-B",
                              f"{HERE}/smartcard_client.py", seen],
                             env=self.env, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        self.s.children.append(p)
        # pyscard polls, each second, and nobody else sees that
        for events, then in (("in", "remove"), ("in out", "insert")):
            stack.wait_until(lambda: open(seen).read() == events or
                             p.poll() is not None, 60, f"pyscard's {events}")
            self.card.tell(then)
        out, _ = p.communicate(timeout=120)
        self.says(out, "reader Yubico YubiKey CCID 00 00", "atr 3b",
                  "select 9000 True", "events True ['in', 'out', 'in']")
        self.s.wait_tokens(1)

    def java(self):
        need("javac", "java", PCSCLITE)
        # without it, Java leaves /tmp/hsperfdata_USER
        self.run("javac", "-J-XX:-UsePerfData", "-d", self.w,
                 f"{HERE}/Client.java", seconds=200)
        out = self.run("java", "-XX:-UsePerfData", "-cp", self.w,
                       f"-Dsun.security.smartcardio.library={PCSCLITE}",
                       "Client", seconds=200)
        self.says(out, "terminals 1\n", "name Yubico YubiKey CCID 00 00\n",
                  "present true\n", "protocol T=1\n", "select 9000\n",
                  "certificate true 9000\n", "with cards 1\n",
                  "absent false\n")

    def piv_go(self):
        """Its own suite, on a card that it may wipe: so it comes last."""
        need("go", PIV_GO)
        self.env.update(GO111MODULE="off", GOPATH="/usr/share/gocode",
                        GOCACHE=f"{self.w}/go", GOFLAGS="-p=2")
        self.run("go", "test", "-c", "-o", f"{self.w}/piv.test",
                 f"{PIV_GO}/piv", seconds=400)
        out = self.run(f"{self.w}/piv.test", "-test.v", "-wipe-yubikey",
                       status=None, seconds=300)
        passed = failed = 0
        groups = {x.split("/")[0] for x in PIV_GO_LEFT_OUT}
        for line in out.splitlines():
            word, _, rest = line.strip().partition(": ")
            name = rest.split(" ")[0]
            if word == "--- PASS":
                passed += 1
            elif word == "--- FAIL" and name not in PIV_GO_LEFT_OUT and \
                    name not in groups:
                failed += 1
            elif word == "--- SKIP":
                raise stack.Failure(f"piv-go left {name} out")
        if failed or passed < 50:
            raise stack.Failure(f"{passed} passed, {failed} failed\n{out}")
        print(f"      {passed} tests of piv-go passed; left out: "
              f"{', '.join(sorted(set(PIV_GO_LEFT_OUT.values())))}")


NAMES = ["pcsc_scan", "opensc_tool", "pkcs11_tool_with_opensc",
         "pkcs11_tool_with_ykcs11", "cackey", "p11tool", "nss", "piv_tool",
         "yubico_piv_tool", "ykman", "scdaemon", "python", "java", "piv_go"]


class Session:
    """Somebody who is logged in with 9A, and keeps the card, meanwhile."""

    def __init__(self, s):
        self.s = s
        self.client = tok.Client(s.prefix)
        self.kept = self.ended = 0

    def hold(self):
        (t,) = self.client.wait_tokens(1)
        self.n = t["insertion"]
        if self.client.sign(self.n, 0x9a)[0] != tok.OK:
            ins = struct.pack(">Q", self.n)
            status = self.client.ask(tok.LOGIN, ins, stack.PIN.encode())[0]
            if status != tok.OK or self.client.sign(self.n, 0x9a)[0] != tok.OK:
                raise stack.Failure(f"no session: {status}")

    def go_on(self, name):
        """A reset or a removal ends a session; nothing else does."""
        status = self.client.sign(self.n, 0x9a)[0]
        if status == tok.OK:
            self.kept += 1
        elif status in (tok.PIN_NEEDED, tok.REMOVED):
            self.ended += 1
        else:
            raise stack.Failure(f"the session after {name}: {status}")


def ours_still_works(s, name):
    status, out = s.login(USER, stack.PIN)
    if status != 0:
        raise stack.Failure(f"our own login after {name}: {out}")


def main():
    done = skipped = 0
    with stack.Stack(sys.argv[1], readers=("Yubico YubiKey CCID",)) as s:
        file = s.person("card", "Alice Demo", "p256", "--yubico", "--serial",
                        "4711", "--extended")
        s.pair_by_hand(USER, stack.pubkey_hash(s.certificate(file, "9a")))
        card = stack.Card(s, file)
        s.wait_tokens(1)
        clients = Clients(s, file, card)
        session = Session(s)
        for name in NAMES:
            began = time.monotonic()
            session.hold()
            try:
                getattr(clients, name)()
            except Missing as why:
                skipped += 1
                print(f"  SKIP {name}: {why}")
                continue
            if name != "piv_go":
                session.go_on(name)
                ours_still_works(s, name)
            done += 1
            print(f"  {name}: {time.monotonic() - began:.1f} s")
    print(f"clients: {done} programs passed, {skipped} skipped; the session "
          f"went on after {session.kept}, ended by reset after "
          f"{session.ended}")
    sys.exit(0 if done else 77)


if __name__ == "__main__":
    main()
