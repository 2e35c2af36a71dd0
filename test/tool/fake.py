# SPDX-License-Identifier: BSD-2-Clause
"""A token service, an authentication service and a PC/SC service that say what
a test wants, also what no honest one would say. Written from the protocols'
text (src/ipc/*.h, src/pcsc/wire.h), not from our code. Standard library only.
"""
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

LIST, WATCH, TRIES, LOGIN, LOGOUT = 1, 2, 3, 4, 5
CHANGE_PIN, UNBLOCK, SETTLED, ANSWER = 9, 10, 13, 0x80
PAIR_CHECK, USER_OF, PAIR_RESULT, USERS = 0x103, 0x104, 0x183, 0x184
DENIED, PIN_WRONG, PIN_BLOCKED = 16, 12, 13
KEY, SIGN, DECRYPT, DERIVE, LOGIN_KEY = 1, 2, 4, 8, 16
UNKNOWN = 0xff


def u8(v):
    return bytes([v])


def u16(v):
    return struct.pack(">H", v)


def u32(v):
    return struct.pack(">I", v)


def text(s):
    b = s.encode() if isinstance(s, str) else s
    return u32(len(b)) + b


def frame(kind, body, secret=b""):
    return struct.pack(">IHH", len(body), kind, len(secret)) + body + secret


def ok(body=b""):
    return frame(ANSWER, u16(0) + body)


def refusal(err, reason="", tries=UNKNOWN):
    return frame(ANSWER, u16(err) + text(reason) + u8(tries))


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          capture_output=True).stdout


class Cut(bytes):
    """An answer after which the connection is closed."""


class Certificate:
    """Made by openssl; what is expected of it is computed by openssl too."""

    def __init__(self, folder, name, alg):
        key = f"{folder}/{name}.key"
        new = (["-newkey", "rsa:2048"] if alg == 0x07 else
               ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        self.pem = openssl("req", "-x509", "-nodes", *new, "-keyout", key,
                           "-subj", f"/CN={name}", "-days", "30").decode()
        self.der = openssl("x509", "-outform", "DER", data=self.pem.encode())
        self.spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        self.spki_pem = openssl("pkey", "-in", key, "-pubout").decode()
        # the BIT STRING's contents: after its head, whose size is known
        bits = self.spki[24:] if alg == 0x07 else self.spki[26:]
        self.pkhh = hashlib.sha1(bits).digest()
        self.sha1 = hashlib.sha1(self.der).digest()
        self.alg, self.bits = alg, 2048 if alg == 0x07 else 256
        self.dates = [openssl("x509", "-noout", f"-{d}date", "-dateopt",
                              "iso_8601", data=self.pem.encode())
                      .decode().split("=")[1].strip().replace("Z", " +0000")
                      for d in ("start", "end")]


class Item:
    def __init__(self, slot, cert, label, flags, pin=1):
        self.slot, self.cert, self.label = slot, cert, label
        self.flags, self.pin = flags, pin

    def pack(self):
        c = self.cert
        return (u8(self.slot) + text("Certificate For " + self.label) +
                text("Key For " + self.label) + text(c.pkhh) + u8(c.alg) +
                u16(c.bits) + u8(self.flags) + u8(self.pin) + text(c.der) +
                text(c.spki))


class Card:
    def __init__(self, insertion, token_id, items, reader="Reader 00",
                 problems=(), flags=1):
        self.insertion, self.id, self.items = insertion, token_id, items
        self.reader, self.problems, self.flags = reader, problems, flags
        self.atr = bytes.fromhex("3b80800101")

    def pack(self):
        return (struct.pack(">Q", self.insertion) + text(self.id) +
                text(self.reader) + text("com.apple.CryptoTokenKit.pivtoken") +
                text(self.atr) + u8(self.flags) + u8(6) + u8(8) +
                u16(len(self.items)) + b"".join(i.pack() for i in self.items) +
                u16(len(self.problems)) + b"".join(map(text, self.problems)))


def listing(*cards):
    return ok(u16(len(cards)) + b"".join(c.pack() for c in cards))


def read_exactly(s, n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class Service:
    """One socket. `answers[type]` is bytes, or what makes them of a request;
    None, and what follows a Cut, closes the connection. `asked` has (type,
    body, secret)."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.path, self.answers, self.asked = path, {}, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        os.chmod(path, 0o666)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.guarded, args=[s],
                             daemon=True).start()

    def guarded(self, s):
        with s:
            try:
                self.serve(s)
            except (EOFError, OSError):
                pass

    def serve(self, s):
        while True:
            n, kind, secret_n = struct.unpack(">IHH", read_exactly(s, 8))
            body = read_exactly(s, n)
            secret = read_exactly(s, secret_n)
            self.asked.append((kind, body, secret))
            answer = self.answers.get(kind)
            if callable(answer):
                answer = answer(body, secret)
            if answer is None:
                return
            s.sendall(answer)
            if isinstance(answer, Cut):
                return

    def close(self):
        # its thread must not wait on a number that another socket gets next
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        os.unlink(self.path)


class Readers(Service):
    """pcsc-lite's protocol 4:6, as far as listing readers needs it."""
    STATE = struct.Struct("=128sIIi33s3xII")

    def __init__(self, path):
        self.states = []
        super().__init__(path)

    def serve(self, s):
        while True:
            size, command = struct.unpack("=II", read_exactly(s, 8))
            body = read_exactly(s, size)
            empty = (b"", 0, 0, 0, b"", 0, 0)
            table = (self.states + [empty] * 16)[:16]
            if command == 0x11:
                body = struct.pack("=iiI", 4, 6, 0)
            elif command == 0x01:
                body = struct.pack("=III", 2, 7, 0)
            elif command == 0x16:
                body = struct.pack("=I", len(table))
            elif command == 0x17:
                body = b"".join(self.STATE.pack(*r) for r in table)
            s.sendall(body)


class World:
    """A private prefix with the three services, and our commands in it."""

    def __init__(self, programs):
        # root's tools want every folder on the way to be root's
        base = "/run" if os.geteuid() == 0 else None
        self.programs = programs
        self.prefix = tempfile.mkdtemp(prefix="scs-tool.", dir=base)
        os.chmod(self.prefix, 0o755)
        self.token = Service(f"{self.prefix}/run/scs/token.sock")
        self.token.answers[SETTLED] = ok(text(""))
        self.auth = Service(f"{self.prefix}/run/scs/auth.sock")
        self.readers = Readers(f"{self.prefix}/run/pcscd/pcscd.comm")

    def argv(self, name, *args):
        return [self.programs[name], "--prefix", self.prefix, *args]

    def run(self, name, *args, stdin=""):
        r = subprocess.run(self.argv(name, *args), input=stdin.encode(),
                           capture_output=True, timeout=60)
        return r.returncode, r.stdout.decode(), r.stderr.decode()

    def close(self):
        for s in (self.token, self.auth, self.readers):
            s.close()
        shutil.rmtree(self.prefix)
