#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scs-readerd over its sockets, with foreign programs, raw frames and a card
that is a script. Run: test/flow/readerd.py BUILDDIR [NAME...]

The service runs as under scsd (control channel, sandbox); what scsd does for it
is done here. Every process is started by us and ended by its pid.
"""
import array
import ctypes
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import find_program, wait_until, end, Failure  # noqa: E402

READER = "Flow Reader 00 00"
ATR = bytes.fromhex("3b800181")
SPAWN, READY, WORKER, GONE = 3, 1, 0x81, 0x82
ESTABLISH, RELEASE, CONNECT, RECONNECT, DISCONNECT = 1, 2, 4, 5, 6
BEGIN, END, TRANSMIT, CONTROL, STATUS, CANCEL = 7, 8, 9, 10, 11, 13
VERSION, STATES, WAIT, STOP, EVENTS, SIZE, ARRAY = 17, 18, 19, 20, 21, 22, 23
HOLD, UNHOLD, COUNT, WANTED = 0x101, 0x102, 0x103, 0x180
NO_CARD, REMOVED, RESET, GONE_READER = 0x8010000C, 0x80100069, 0x80100068, \
    0x80100017
SHARING, MISMATCH, DENIED = 0x8010000B, 0x8010000F, 0x8010006A


def expect(got, want, what):
    if got != want:
        raise Failure(f"{what}: wanted {want!r}, got {got!r}")


class Card:
    """A scripted card: `answers` maps the INS byte to bytes or a function."""

    def __init__(self, path, atr=ATR):
        self.atr, self.seen, self.controls = atr, [], []
        self.answers = {}
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def send(self, data):
        self.sock.sendall(struct.pack(">H", len(data)) + data)

    def run(self):
        try:
            while True:
                frame = self.read(struct.unpack(">H", self.read(2))[0])
                if len(frame) == 1:
                    self.controls.append(frame[0])
                    if frame[0] == 4:
                        self.send(self.atr)
                    continue
                self.seen.append(frame)
                answer = self.answers.get(frame[1], b"\x90\x00")
                if callable(answer):
                    answer = answer(frame)
                if answer is not None:
                    self.send(answer)
        except OSError:
            pass

    def out(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class Service:
    def __init__(self, build, options=("--access", "all"), ifd_options=(),
                 nofile=None):
        self.dir = tempfile.mkdtemp(prefix="scs-readerd.")
        os.chmod(self.dir, 0o755)
        self.programs = {n: find_program(build, n)
                         for n in ("scs-readerd", "scs-ifd")}
        self.ifd_options, self.nofile = ifd_options, nofile
        self.pcsc = self.listen("pcscd.comm", 0o666)
        self.reader = self.listen("reader.sock", 0o600)
        self.virtual = self.listen("virtual-0.sock", 0o600)
        self.workers, self.ready = [], threading.Event()
        self.log = open(f"{self.dir}/log", "ab")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = ours
        self.proc = self.spawn(
            [self.programs["scs-readerd"], "--readers", "1", *options],
            [theirs, self.pcsc, self.reader])
        theirs.close()
        threading.Thread(target=self.supervise, daemon=True).start()
        if not self.ready.wait(20):
            raise Failure("not ready: " + self.text())
        wait_until(lambda: self.states()[0][0] == READER, 20, "the reader")

    def listen(self, name, mode):
        s = socket.socket(socket.AF_UNIX)
        s.bind(f"{self.dir}/{name}")
        os.chmod(f"{self.dir}/{name}", mode)
        s.listen(128)
        s.setblocking(False)
        return s

    def spawn(self, argv, socks):
        fds = [s.fileno() for s in socks]

        def order():
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)
            if self.nofile and argv[0] == self.programs["scs-readerd"]:
                resource.setrlimit(resource.RLIMIT_NOFILE,
                                   (self.nofile, self.nofile))
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                stdout=self.log, stderr=self.log,
                                preexec_fn=order,
                                # the leak check traces its own process, which
                                # the sandbox forbids: see standalone()
                                env={**os.environ,
                                     "ASAN_OPTIONS": "detect_leaks=0"},
                                pass_fds=[3 + i for i in range(len(fds))])

    def supervise(self):
        try:
            while packet := self.control.recv(64):
                kind = struct.unpack("=5I", packet)
                if kind[0] == READY:
                    self.ready.set()
                elif kind[0] == SPAWN:
                    self.start_worker(kind)
        except OSError:
            pass

    def start_worker(self, request):
        ours, theirs = socket.socketpair()
        proc = self.spawn([self.programs["scs-ifd"], "--virtual",
                           "Flow Reader", *self.ifd_options],
                          [theirs, self.virtual])
        self.workers.append(proc)
        packet = struct.pack("=5I", WORKER, request[1], request[2],
                             request[3], 0)
        self.control.sendmsg([packet], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                         array.array("i", [ours.fileno()]))])
        ours.close()
        theirs.close()
        threading.Thread(target=self.reap, args=(proc, request[3]),
                         daemon=True).start()

    def reap(self, proc, cookie):
        proc.wait()
        try:
            self.control.send(struct.pack("=5I", GONE, 2, 0, cookie, 0))
        except OSError:
            pass

    def text(self):
        with open(f"{self.dir}/log", errors="replace") as f:
            return f.read()

    def card(self, **kw):
        c = Card(f"{self.dir}/virtual-0.sock", **kw)
        wait_until(lambda: self.states()[0][2] != 2, 10, "card in")
        return c

    def client(self, worker=False):
        return Client(self, worker)

    def states(self):
        c = self.client()
        try:
            return c.states()
        finally:
            c.close()

    def alive(self):
        if self.proc.poll() is not None:
            raise Failure("scs-readerd ended:\n" + self.text())
        self.states()

    def stop(self):
        end(self.proc)
        code = self.proc.returncode
        for w in self.workers:
            end(w)
        for s in (self.control, self.pcsc, self.reader, self.virtual):
            s.close()
        text = self.text()
        self.log.close()
        shutil.rmtree(self.dir)
        if code != 0 or "Sanitizer" in text or "runtime error" in text:
            raise Failure(f"scs-readerd: exit {code}\n{text[-4000:]}")


class Closed(Exception):
    pass


class Client:
    """Raw frames of one connection."""

    def __init__(self, service, worker=False):
        self.worker, self.wanted = worker, False
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(service.dir +
                          ("/reader.sock" if worker else "/pcscd.comm"))
        self.sock.settimeout(20)
        self.context = 0

    def close(self):
        self.sock.close()

    def read(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.sock.recv(n - len(data))
            except ConnectionError:
                raise Closed
            if not more:
                raise Closed
            data += more
        return data

    def say(self, command, body=b"", data=b""):
        try:
            self.sock.sendall(
                struct.pack("=II", len(body), command) + body + data)
        except ConnectionError:
            raise Closed

    def hear(self, command, n):
        while self.worker:
            size, got = struct.unpack("=II", self.read(8))
            if got != WANTED:
                expect(got, command, "command of the answer")
                break
            self.wanted = True
        return self.read(n)

    def ask(self, command, fmt, *values, data=b""):
        body = struct.pack("=" + fmt, *values)
        self.say(command, body, data)
        return struct.unpack("=" + fmt, self.hear(command, len(body)))

    def version(self, minor):
        return self.ask(VERSION, "iiI", 4, minor, 0)

    def establish(self):
        _, self.context, rv = self.ask(ESTABLISH, "III", 2, 0, 0)
        return rv

    def connect(self, share=2, protocols=3, reader=READER):
        body = struct.pack("=I128sIIiII", self.context, reader.encode(), share,
                           protocols, 0, 0, 0)
        self.say(CONNECT, body)
        a = struct.unpack("=I128sIIiII", self.hear(CONNECT, len(body)))
        self.card = a[4]
        return a[6]

    def open(self, share=2):
        expect(self.establish(), 0, "establish")
        expect(self.connect(share), 0, "connect")
        return self

    def begin(self):
        return self.ask(BEGIN, "iI", self.card, 0)[1]

    def end(self, disposition=0):
        return self.ask(END, "iII", self.card, disposition, 0)[2]

    def status(self):
        return self.ask(STATUS, "iI", self.card, 0)[1]

    def hold(self, flags=0):
        return self.ask(HOLD, "iIII", self.card, flags, 9, 9)[2:]

    def unhold(self, disposition=0):
        return self.ask(UNHOLD, "iII", self.card, disposition, 0)[2]

    def count(self):
        a = self.ask(COUNT, "iIII", self.card, 0, 0, 0)
        return a[1] | a[2] << 32

    def say_transmit(self, apdu, protocol=2, room=65548):
        self.say(TRANSMIT, struct.pack("=iIIIIIII", self.card, protocol, 16,
                                       len(apdu), 2, 16, room, 0), apdu)

    def hear_transmit(self):
        a = struct.unpack("=iIIIIIII", self.hear(TRANSMIT, 32))
        return a[7], self.read(a[6]) if a[7] == 0 else b""

    def transmit(self, apdu=b"\0\xa4\4\0", **kw):
        self.say_transmit(apdu, **kw)
        return self.hear_transmit()

    def states(self):
        self.say(STATES)
        data = self.hear(STATES, 16 * 184)
        return [self.state(data[i:i + 184]) for i in range(0, len(data), 184)]

    @staticmethod
    def state(data):
        s = struct.unpack("=128sIIi33s3xII", data)
        return (s[0].rstrip(b"\0").decode(), s[1], s[2], s[3],
                s[4][:min(s[5], 33)], s[6])

    def closed(self):
        try:
            self.read(1)
        except Closed:
            return True
        return False


# ---- libpcsclite, in processes of its own (it keeps global state)

class SCARD_READERSTATE(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("user", ctypes.c_void_p),
                ("current", ctypes.c_ulong), ("event", ctypes.c_ulong),
                ("atr_n", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


class Pcsclite:
    def __init__(self, path):
        os.environ["PCSCLITE_CSOCK_NAME"] = path
        self.lib = ctypes.CDLL("libpcsclite.so.1")
        for f in ("SCardEstablishContext", "SCardConnect",
                  "SCardBeginTransaction", "SCardEndTransaction",
                  "SCardGetStatusChange", "SCardReleaseContext"):
            getattr(self.lib, f).restype = ctypes.c_ulong
        self.context = ctypes.c_long()
        self.call("SCardEstablishContext", ctypes.c_ulong(2), None, None,
                  ctypes.byref(self.context))

    def call(self, name, *args):
        rv = getattr(self.lib, name)(*args) & 0xFFFFFFFF
        if rv != 0:
            raise Failure(f"{name}: {rv:#x}")

    def connect(self):
        self.handle, active = ctypes.c_long(), ctypes.c_ulong()
        self.call("SCardConnect", self.context, READER.encode(),
                  ctypes.c_ulong(2), ctypes.c_ulong(3),
                  ctypes.byref(self.handle), ctypes.byref(active))


def greedy(path, seconds, go, out):
    p = Pcsclite(path)
    p.connect()
    go.wait()
    until, n = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        p.call("SCardBeginTransaction", p.handle)
        time.sleep(0.002)
        p.call("SCardEndTransaction", p.handle, ctypes.c_ulong(0))
        n += 1
    out.put(n)


def watcher(path, seconds, out):
    """Calls of SCardGetStatusChange under churn: good ones, and wrong ones."""
    p = Pcsclite(path)
    state = SCARD_READERSTATE(name=READER.encode())
    until, good, wrong = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        rv = p.lib.SCardGetStatusChange(p.context, ctypes.c_ulong(50),
                                        ctypes.byref(state),
                                        ctypes.c_ulong(1)) & 0xFFFFFFFF
        state.current = state.event & ~2
        good += rv in (0, 0x8010000A)
        wrong += rv not in (0, 0x8010000A)
    out.put((good, wrong))


# ---- the checks

def foreign_programs(build):
    s = Service(build)
    env = {**os.environ, "PCSCLITE_CSOCK_NAME": f"{s.dir}/pcscd.comm"}

    def run(*argv):
        r = subprocess.run(argv, env=env, capture_output=True, text=True,
                           timeout=30)
        return r.returncode, r.stdout + r.stderr
    code, text = run("pcsc_scan", "-r")
    expect((code, READER in text), (0, True), "pcsc_scan -r: " + text)
    code, text = run("opensc-tool", "-l")
    expect("No" in text and READER in text, True, "opensc-tool -l: " + text)
    card = s.card()
    code, text = run("opensc-tool", "-l")
    expect("Yes" in text, True, "opensc-tool -l with a card: " + text)
    code, text = run("opensc-tool", "-a")
    expect((code, "3b:80:01:81" in text), (0, True), "opensc-tool -a: " + text)
    card.answers[0xB0] = b"\xca\xfe\x90\x00"
    code, text = run("opensc-tool", "-s", "00:B0:00:00:02")
    expect((code, "CA FE" in text.upper()), (0, True),
           "opensc-tool -s: " + text)
    card.out()
    wait_until(lambda: s.states()[0][2] == 2, 5, "card out")
    s.stop()


def errors_as_raw_frames(build):
    s = Service(build)
    c = s.client()
    expect(c.version(4), (4, 4, 0), "4:4")
    expect(s.client().version(6), (4, 6, 0), "4:6")
    expect(c.version(9)[2], 0x8010001E, "4:9")
    expect(c.ask(ESTABLISH, "III", 7, 0, 0)[1:], (0, 0x80100011), "scope 7")
    expect(c.establish(), 0, "establish")
    expect(c.connect(), NO_CARD, "connect without card")
    expect(c.connect(reader="None"), 0x80100009, "unknown reader")
    card = s.card()
    expect(c.connect(protocols=1), MISMATCH, "T=0")
    expect(c.connect(), 0, "connect")
    expect(s.states()[0][2:], (0x34, 1, ATR, 2), "state")
    expect(c.end(), 0x80100016, "END without transaction")
    expect(c.transmit(protocol=1)[0], MISMATCH, "T=0 APDU")
    expect(c.transmit(room=1)[0], 0x80100008, "room for one byte")
    other = s.client()
    other.establish()
    expect(other.connect(share=1), SHARING, "exclusive while shared")
    expect(other.connect(), 0, "second connection")
    expect(c.begin(), 0, "BEGIN")
    expect(other.end(1), SHARING, "END with reset of another's transaction")
    foreign = s.client()
    foreign.card = c.card
    foreign.establish()
    began = time.monotonic()
    foreign.say(STATUS, struct.pack("=iI", c.card, 0))
    expect(foreign.closed(), True, "foreign handle")
    expect(time.monotonic() - began < 1, True, "closed at once")
    expect(c.end(), 0, "END")
    card.out()
    wait_until(lambda: c.status() != 0, 5, "removal")
    expect(c.status(), REMOVED, "status after removal")
    expect(c.transmit()[0], REMOVED, "transmit after removal")
    s.alive()
    s.stop()


def held_cards_and_who_waits(build):
    s = Service(build)
    card = s.card()
    w, v, p = s.client(True).open(), s.client(True).open(), s.client().open()
    expect(s.states()[0][3], 1, "workers are no share")
    expect(w.hold(), (1, 0), "first hold is touched")
    expect(w.transmit(), (0, b"\x90\x00"), "transmit")
    expect(w.unhold(), 0, "unhold")
    expect(w.hold(), (0, 0), "second is not")
    p.say_transmit(b"\0\xb0\0\0")
    v.say(HOLD, struct.pack("=iIII", v.card, 0, 0, 0))
    expect(w.transmit()[0], 0, "the holder goes on")
    expect(w.wanted, True, "WANTED")
    expect(len([a for a in card.seen if a[1] == 0xB0]), 0, "the other waits")
    expect(w.unhold(), 0, "unhold")
    expect(p.hear_transmit(), (0, b"\x90\x00"), "then it is served")
    expect(struct.unpack("=iIII", v.hear(HOLD, 16))[2:], (1, 0), "v's hold")
    expect((w.count(), v.count()), (2, 0), "APDU counts")
    expect(v.unhold(1), 0, "unhold with reset")
    expect(2 in card.controls, True, "the card saw the reset")
    expect(p.status(), RESET, "and the other is told")
    expect(w.hold(), (1, 0), "touched")
    s.stop()


def our_own_client_agrees(build):
    s = Service(build)
    s.card()
    r = subprocess.run([find_program(build, "pcsc-live"),
                        f"{s.dir}/pcscd.comm", f"{s.dir}/reader.sock"],
                       capture_output=True, text=True, timeout=60)
    expect((r.returncode, r.stdout), (0, ""), "pcsc-live: " + r.stderr)
    s.stop()


PCSCD = """
mount -t tmpfs none /run/pcscd && mkdir /run/pcscd/conf || exit 77
pcscd -f -c /run/pcscd/conf >/dev/null 2>&1 &
for i in $(seq 100); do [ -S /run/pcscd/pcscd.comm ] && break; sleep 0.05; done
"$1" --old /run/pcscd/pcscd.comm
r=$?
kill $!
wait $!
exit $r
"""


def our_own_client_talks_to_debians_pcscd(build):
    if os.geteuid() != 0 or not shutil.which("pcscd"):
        print("    skipped: needs root and pcscd")
        return
    os.makedirs("/run/pcscd", exist_ok=True)
    r = subprocess.run(["unshare", "-m", "sh", "-c", PCSCD, "sh",
                        find_program(build, "pcsc-live")],
                       capture_output=True, text=True, timeout=60)
    if r.returncode == 77:
        print("    skipped: no private mounts here")
        return
    expect((r.returncode, r.stdout), (0, ""), "pcsc-live: " + r.stderr)


def death_of_a_holder_resets(build):
    for worker in (True, False):
        s = Service(build)
        card = s.card()
        a = s.client(worker).open()
        b = s.client().open()
        expect(a.hold()[1] if worker else a.begin(), 0, "take it")
        b.say(BEGIN, struct.pack("=iI", b.card, 0))
        expect(2 in card.controls, False, "no reset yet")
        a.close()
        expect(struct.unpack("=iI", b.hear(BEGIN, 8))[1], RESET, "BEGIN")
        expect(2 in card.controls, True, "reset")
        s.stop()


def two_greedy_clients_get_a_fair_half(build):
    s = Service(build)
    s.card()
    ctx = multiprocessing.get_context("spawn")
    go, out = ctx.Event(), ctx.Queue()
    ps = [ctx.Process(target=greedy, args=(f"{s.dir}/pcscd.comm", 3, go, out))
          for _ in range(2)]
    for p in ps:
        p.start()
    time.sleep(1)
    go.set()
    counts = [out.get(timeout=30) for _ in ps]
    for p in ps:
        p.join()
    share = counts[0] / sum(counts)
    print(f"    transactions: {counts[0]} and {counts[1]}")
    expect(0.45 <= share <= 0.55, True, f"share {share:.2f}")
    s.stop()


def clients_that_misbehave_cost_only_themselves(build):
    s = Service(build)
    s.card()
    good = s.client().open()
    half = s.client().open()
    half.sock.sendall(struct.pack("=II", 32, TRANSMIT) + b"\0" * 5)
    flood = s.client()
    try:
        flood.sock.setblocking(False)
        for _ in range(20000):
            flood.sock.send(struct.pack("=II", 0, STATES))
    except (BlockingIOError, ConnectionError):
        pass
    middle = s.client().open()
    middle.say_transmit(b"\0\xb0\0\0")
    middle.close()
    for size in (0, 11, 13, 0xFFFFFFFF):
        bad = s.client()
        bad.sock.sendall(struct.pack("=II", size, ESTABLISH) + b"\0" * 32)
        expect(bad.closed(), True, f"ESTABLISH of size {size}")
    bad = s.client().open()
    bad.say(TRANSMIT, struct.pack("=iIIIIIII", bad.card, 2, 16, 65549, 2, 16,
                                  10, 0))
    expect(bad.closed(), True, "a command of 65549 bytes")
    expect(good.transmit(), (0, b"\x90\x00"), "others are served")
    s.alive()
    s.stop()


def cards_that_misbehave_cost_only_themselves(build):
    s = Service(build, ifd_options=("--card-timeout-ms", "400"))

    def pull(_):
        card.out()

    rows = [("pulled in the middle", pull),
            ("stalls", lambda _: None),
            ("answers twice", lambda _: card.send(b"\x90\x00") or b"\x90\x00"),
            ("claims more than it sends",
             lambda _: card.sock.sendall(b"\xff\xff\x90")),
            ("answers one byte", lambda _: b"\x90"),
            ("answers nothing", lambda _: b"")]
    for what, answer in rows:
        card = s.card()
        c = s.client().open()
        card.answers[0xB0] = answer
        rv, _ = c.transmit(b"\0\xb0\0\0")
        if what != "answers twice":
            expect(rv in (REMOVED, NO_CARD, 0x80100016), True,
                   f"{what}: {rv:#x}")
        if not what.startswith("answers") or what == "answers twice":
            wait_until(lambda: s.states()[0][2] == 2, 5, f"{what}: out")
        card.out()
        wait_until(lambda: s.states()[0][2] == 2, 5, f"{what}: gone")
        s.alive()
    for what, atr in (("garbage", b"\xff" * 8), ("none", b""),
                      ("cut off", ATR[:2]), ("34 bytes", b"\x3b" * 34)):
        card = s.card(atr=atr)
        expect(s.states()[0][2], 0xC, f"ATR {what}: mute")
        c = s.client()
        c.establish()
        expect(c.connect(), 0x80100067, f"ATR {what}: connect")
        card.out()
        wait_until(lambda: s.states()[0][2] == 2, 5, "out")
    s.stop()


def a_killed_driver_comes_back(build):
    s = Service(build)
    card = s.card()
    c = s.client().open()
    w = s.client()
    expect(w.version(4)[2], 0, "version")
    w.say(WAIT)
    w.read(16 * 184)
    card.answers[0xB0] = lambda _: time.sleep(30)
    c.say_transmit(b"\0\xb0\0\0")
    time.sleep(0.1)
    s.workers[0].kill()
    began = time.monotonic()
    expect(c.hear_transmit()[0], GONE_READER, "transmit")
    expect(w.read(8), struct.pack("=II", 0, 0), "the event")
    wait_until(lambda: s.states()[0][0] == READER, 5, "the reader")
    print(f"    back after {(time.monotonic() - began) * 1000:.0f} ms")
    expect(c.status(), GONE_READER, "the old handle")
    expect(c.ask(DISCONNECT, "iII", c.card, 0, 0)[2], 0, "disconnect")
    s.card()
    expect(c.connect(), 0, "connect again")
    expect(c.transmit(), (0, b"\x90\x00"), "transmit again")
    s.stop()


def no_wrong_return_under_card_churn(build):
    s = Service(build)
    ctx = multiprocessing.get_context("spawn")
    out = ctx.Queue()
    ps = [ctx.Process(target=watcher, args=(f"{s.dir}/pcscd.comm", 4, out))
          for _ in range(4)]
    for p in ps:
        p.start()
    until, churn = time.monotonic() + 5, 0
    while time.monotonic() < until:
        card = Card(f"{s.dir}/virtual-0.sock")
        time.sleep(0.003)
        card.out()
        churn += 1
    results = [out.get(timeout=30) for _ in ps]
    for p in ps:
        p.join()
    good, wrong = (sum(r[i] for r in results) for i in (0, 1))
    print(f"    {churn} insertions, {good} good returns, {wrong} wrong ones")
    expect(wrong, 0, "wrong returns")
    expect(good > 100, True, "returns")
    s.stop()


def full_at_the_descriptor_limit(build):
    s = Service(build, nofile=160)
    many = []
    for _ in range(300):
        c = s.client()
        c.sock.settimeout(0.5)
        many.append(c)
    answers = {}
    for c in many:
        try:
            rv = c.version(4)[2]
        except (TimeoutError, Closed):
            rv = "none"
        answers[rv] = answers.get(rv, 0) + 1
    print(f"    answers: {answers}")
    expect(answers.get(0, 0) >= 80, True, "served")
    expect(answers.get(0x80100006, 0) >= 1, True, "told that it is full")
    cpu = ticks(s.proc.pid)
    time.sleep(1)
    expect(ticks(s.proc.pid) - cpu < 20, True, "it does not spin")
    for c in many:
        c.close()

    def served():
        try:
            return s.client().version(4)[2] == 0
        except Closed:
            return False
    wait_until(served, 5, "room again")
    s.stop()


def ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def users_without_right_are_refused(build):
    if os.geteuid() != 0:
        print("    skipped: needs root")
        return
    for options, want in (((), DENIED), (("--access", "all"), 0),
                          (("--uid", "65534"), 0), (("--group", "65533"), 0),
                          (("--group", "65532"), DENIED)):
        s = Service(build, options=options)
        code = ("import socket,struct,sys\n"
                "s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1])\n"
                "s.sendall(struct.pack('=IIIII',12,1,2,0,0))\n"
                "print(struct.unpack('=III',s.recv(12))[2])\n")
        r = subprocess.run([sys.executable if sys.executable.startswith("/usr")
                            else "/usr/bin/python3", "-c", code,
                            f"{s.dir}/pcscd.comm"], user=65534, group=65534,
                           extra_groups=[65533], capture_output=True,
                           text=True, timeout=20, cwd="/")
        expect(r.stdout.strip(), str(want), f"{options}: {r.stderr}")
        s.stop()


def proc_status(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines()
                    if ":\t" in line)


def sandboxed_and_private(build):
    s = Service(build)
    for pid in (s.proc.pid, s.workers[0].pid):
        wait_until(lambda: proc_status(pid)["Seccomp"] == "2", 5, "seccomp")
        expect(proc_status(pid)["NoNewPrivs"], "1", "new privileges")
        with open(f"/proc/{pid}/limits") as f:
            core = next(l for l in f if l.startswith("Max core")).split()
        expect(core[4], "0", "core limit")
    s.stop()


def standalone(build):
    s = Service.__new__(Service)
    folder = tempfile.mkdtemp(prefix="scs-readerd.")
    proc = subprocess.Popen(
        [find_program(build, "scs-readerd"), "--standalone", folder,
         "--virtual", "Flow Reader", "--virtual", "Second", "--ifd",
         find_program(build, "scs-ifd")], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: os.path.exists(f"{folder}/virtual-1.sock"), 10,
                   "sockets")
        s.dir = folder
        wait_until(lambda: Client(s).states()[1][0], 10, "both readers")
        r = subprocess.run(["pcsc_scan", "-r"], capture_output=True, text=True,
                           timeout=30, env={
                               **os.environ,
                               "PCSCLITE_CSOCK_NAME": f"{folder}/pcscd.comm"})
        expect("Second 01 00" in r.stdout, True, r.stdout + r.stderr)
        card = Card(f"{folder}/virtual-0.sock")
        wait_until(lambda: Client(s).states()[0][2] == 0x34, 10, "card in")
        for worker in (True, False):
            c = Client(s, worker).open()
            expect((c.hold()[1] if worker else c.begin()), 0, "take it")
            c.transmit()
            c.say_transmit(b"\0\xb0\0\0")
            c.close()
        card.out()
    finally:
        proc.terminate()
        _, text = proc.communicate(timeout=10)
        shutil.rmtree(folder)
    expect(proc.returncode, 0, "exit of --standalone: " + text)


CHECKS = [foreign_programs, errors_as_raw_frames, held_cards_and_who_waits,
          our_own_client_agrees, our_own_client_talks_to_debians_pcscd,
          death_of_a_holder_resets, two_greedy_clients_get_a_fair_half,
          clients_that_misbehave_cost_only_themselves,
          cards_that_misbehave_cost_only_themselves,
          a_killed_driver_comes_back, no_wrong_return_under_card_churn,
          full_at_the_descriptor_limit, users_without_right_are_refused,
          sandboxed_and_private, standalone]


def main():
    build, names = sys.argv[1], sys.argv[2:]
    failed = 0
    for check in CHECKS:
        if names and check.__name__ not in names:
            continue
        try:
            check(build)
            print(f"ok   {check.__name__}")
        except (Failure, Closed, OSError) as e:
            failed += 1
            print(f"FAIL {check.__name__}: {type(e).__name__} {e}")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
