# SPDX-License-Identifier: BSD-2-Clause
"""What the check scripts stand on: a script is a set of cases, each the proof of
one clause, over one service started once. `run` says how results are told.

Foreign judges, as functions: openssl for signatures, decryption and agreement,
OpenSC's tool for whatever goes over PC/SC beside our own interfaces.
"""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
sys.path.insert(0, str(TOP / "test" / "flow"))
import stack  # noqa: E402
import token_client as tok  # noqa: E402

Failure = stack.Failure
PREFERENCES = "etc/SmartCardServices/preferences"
MANAGED = "etc/SmartCardServices/managed"
SMARTCARD = "com.apple.security.smartcard"
AUTHORIZATION = "com.apple.security.authorization"
PKCS1, ECDSA = 2, 3
# RFC 8017, 9.2, note 1: DigestInfo of SHA-256 up to the digest
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SELECT = "00:A4:04:00:09:A0:00:00:03:08:00:00:10:00:00"


class Skip(Exception):
    """This case cannot run here."""


def need(cond, what):
    if not cond:
        raise Failure(what)


def same(what, got, want):
    if got != want:
        raise Failure(f"{what}: {got!r} instead of {want!r}")


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"{part!r} is not in {text!r}")


def one_line(e):
    return " ".join(str(e).split())[:300] or type(e).__name__


def main(service, cases):
    """Run the cases named in argv (none: all) over service(), which is a
    context: what it gives is what each case gets."""
    names = sys.argv[1:] or list(cases)
    for needed in ("openssl", "opensc-tool"):
        if shutil.which(needed) is None:
            print(f"{needed} is not installed")
            sys.exit(77)
    if os.geteuid() != 0:
        print("needs root: each process under a user of its own")
        sys.exit(77)
    with service() as s:
        for name in names:
            begin = time.monotonic()
            try:
                cases[name](s)
                print(f"{name} pass", flush=True)
            except Skip as e:
                print(f"{name} skip {one_line(e)}", flush=True)
            except (Failure, AssertionError, OSError, KeyError, ValueError,
                    IndexError, subprocess.SubprocessError) as e:
                print(f"{name} fail {one_line(e)}", flush=True)
            if "SCS_TIMES" in os.environ:
                print(f"  {name}: {time.monotonic() - begin:.1f} s")


def private_etc(users):
    """Start the script again where /etc is a copy with these users too (name:
    uid); when it has ended the copy is gone."""
    if "SCS_PRIVATE_ETC" in os.environ:
        return
    if subprocess.run(["unshare", "--mount", "true"],
                      capture_output=True).returncode != 0:
        print("no mount namespaces here")
        sys.exit(77)
    etcns = ["sh", str(TOP / "test" / "pam" / "etcns.sh")]
    folder = tempfile.mkdtemp(prefix="scs-etc.", dir="/run")
    os.chmod(folder, 0o755)
    try:
        for args in (["init"], *(["user", *u] for u in users.items())):
            subprocess.run([*etcns, folder, *args], check=True)
        r = subprocess.run([*etcns, folder, "run", sys.executable, *sys.argv],
                           env={**os.environ, "SCS_PRIVATE_ETC": folder})
    finally:
        shutil.rmtree(folder)
    sys.exit(r.returncode)


def collect():
    """A dictionary of cases and the decorator that fills it."""
    cases = {}

    def case(fn):
        cases[fn.__name__] = fn
        return fn
    return cases, case


class CardIn:
    """A card that is in a reader as long as the block lasts."""

    def __init__(self, st, file, reader=0):
        self.st, self.file, self.reader = st, file, reader

    def __enter__(self):
        self.before = len(tokens(self.st))
        self.card = stack.Card(self.st, self.file, reader=self.reader)
        try:
            self.st.wait_tokens(self.before + 1, 30)
        except Failure:
            self.card.stop()  # or it is in the way of the next
            raise
        return self.card

    def __exit__(self, *_):
        self.card.stop()
        self.st.wait_tokens(self.before, 30)


def tokens(st):
    c = tok.Client(st.prefix)
    try:
        return c.tokens()
    finally:
        c.close()


def session(st, pin=stack.PIN):
    """A client that has presented the PIN to the only card, and the token."""
    c = tok.Client(st.prefix)
    (t,) = c.tokens()
    err, reason, _ = c.ask(tok.LOGIN, struct.pack(">Q", t["insertion"]),
                           pin.encode())
    same(f"login ({reason})", err, tok.OK)
    return c, t


def scratch(st, name, data):
    path = f"{st.prefix}/{name}"
    with open(path, "wb") as f:
        f.write(data)
    return path


def openssl(*args, data=None):
    r = subprocess.run(["openssl", *args], input=data, capture_output=True,
                       timeout=60)
    if r.returncode != 0:
        raise Failure(f"openssl {args[0]}: {r.stdout + r.stderr}")
    return r.stdout


def key_hash(spki):
    """SHA-1 of the BIT STRING's contents, by openssl, as the hexadecimal
    digits of a pairing."""
    lines = openssl("asn1parse", "-inform", "DER", data=spki).decode()
    at = [x for x in lines.splitlines() if "BIT STRING" in x][-1]
    start = int(at.split(":")[0]) + int(at.split("hl=")[1].split()[0]) + 1
    return openssl("dgst", "-sha1", "-r",
                   data=spki[start:]).decode().split()[0].upper()


def judge(st, item, digest, signature):
    """openssl accepts the signature of a digest with an item's key."""
    args = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
            scratch(st, "j.key", item["spki"]), "-sigfile",
            scratch(st, "j.sig", signature), "-in",
            scratch(st, "j.dig", digest)]
    if item["alg"] not in (0x11, 0x14):
        args += ["-pkeyopt", "rsa_padding_mode:pkcs1", "-pkeyopt",
                 "digest:sha256"]
    openssl(*args)


def sign(st, client, token, slot, pin=b""):
    """Sign with a key of the card; openssl says whether that is right."""
    item = token["items"][slot]
    n = 48 if item["alg"] == 0x14 else 32
    digest = os.urandom(n)
    ec = item["alg"] in (0x11, 0x14)
    err, out = client.use(tok.SIGN, token["insertion"], slot,
                          ECDSA if ec else PKCS1,
                          digest if ec else SHA256_INFO + digest, pin)
    same(f"signature with {slot:02X} ({out})", err, tok.OK)
    judge(st, item, digest, out)


def decrypt(st, client, token, slot):
    """openssl encrypts for a key, the card decrypts."""
    item = token["items"][slot]
    secret = os.urandom(32)
    sealed = openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER",
                     "-inkey", scratch(st, "j.key", item["spki"]), "-pkeyopt",
                     "rsa_padding_mode:pkcs1", data=secret)
    err, out = client.use(tok.DECRYPT, token["insertion"], slot, 0, sealed)
    same(f"decryption with {slot:02X} ({out})", err, tok.OK)
    need(out[:2] == b"\0\2" and out.endswith(b"\0" + secret),
         f"slot {slot:02X} did not give back what openssl encrypted")


def derive(st, client, token, slot):
    """openssl and the card agree on a key."""
    item = token["items"][slot]
    curve = {0x11: "P-256", 0x14: "P-384"}[item["alg"]]
    n = {0x11: 65, 0x14: 97}[item["alg"]]
    ours = openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                   f"ec_paramgen_curve:{curve}", "-outform", "DER")
    point = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER",
                    data=ours)[-n:]
    want = openssl("pkeyutl", "-derive", "-keyform", "DER", "-inkey",
                   scratch(st, "j.own", ours), "-peerform", "DER", "-peerkey",
                   scratch(st, "j.key", item["spki"]))
    err, out = client.use(tok.DERIVE, token["insertion"], slot, 0, point)
    same(f"agreement with {slot:02X} ({out})", err, tok.OK)
    same(f"the key agreed on with {slot:02X}", out, want)


def pcsc(st, *apdus, leave=False):
    """Send APDUs over PC/SC with OpenSC's tool: [(status word, data)]."""
    conf = scratch(st, "opensc.conf", (
        "app default { reader_driver pcsc { disconnect_action = "
        f"{'leave' if leave else 'reset'}; }} }}\n").encode())
    argv = ["opensc-tool", "--card-driver", "default"]
    for a in apdus:
        argv += ["-s", a]
    r = subprocess.run(argv, capture_output=True, text=True, timeout=60, env={
        **os.environ, "OPENSC_CONF": conf,
        "PCSCLITE_CSOCK_NAME": f"{st.prefix}/run/pcscd/pcscd.comm"})
    found = []
    for line in r.stdout.splitlines():
        if "SW1=0x" in line:
            found.append([line.split("SW1=0x")[1][:2]
                          + line.split("SW2=0x")[1][:2], b""])
        elif found and not line.startswith("Sending"):
            # OpenSC's dump: 16 bytes a line, then the same as text
            hexes = line[:48].split()
            if all(len(h) == 2 for h in hexes):
                found[-1][1] += bytes.fromhex("".join(hexes))
    same(f"answers that opensc-tool shows ({r.stdout}{r.stderr})",
         len(found), len(apdus))
    return [tuple(x) for x in found]


def write_plist(path, values, binary=False):
    """A property list by Python's own writer, in place in one step."""
    import plistlib
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    fmt = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    with open(path + ".new", "wb") as f:
        plistlib.dump(values, f, fmt=fmt)
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def preference(st, values, domain=SMARTCARD, folder=PREFERENCES, **kw):
    """Replace a preference file; None removes it."""
    path = f"{st.prefix}/{folder}/{domain}.plist"
    if values is not None:
        write_plist(path, values, **kw)
    elif os.path.exists(path):
        os.unlink(path)


def login(st, user, *answers, items=(), options=""):
    """(PAM's status, what was said) of a login through real libpam."""
    argv = st.login_argv(user, *answers, options=options)
    for item in items:
        argv[1:1] = ["-i", item]
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60)
    return r.returncode, r.stdout
