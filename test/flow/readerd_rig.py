# SPDX-License-Identifier: BSD-2-Clause
"""What the checks of readerd.py stand on: scs-readerd as it runs under scsd
(control channel, sandbox; what scsd does for it is done here), a card that is a
script, raw frames, and libpcsclite. Every process is ended by its pid.
"""
import array
import ctypes
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import (end, Failure, find_program, private_home,  # noqa: E402
                   wait_until)

READER = "Flow Reader 00 00"
ATR = bytes.fromhex("3b800181")
SPAWN, READY, WORKER, GONE, SAYS = 3, 1, 0x81, 0x82, 0x86
PACKET = "=6I256s"  # struct control
ESTABLISH, RELEASE, CONNECT, RECONNECT, DISCONNECT = 1, 2, 4, 5, 6
BEGIN, END, TRANSMIT, CONTROL, STATUS, CANCEL = 7, 8, 9, 10, 11, 13
VERSION, STATES, WAIT, STOP, EVENTS, SIZE, ARRAY = 17, 18, 19, 20, 21, 22, 23
HOLD, UNHOLD, COUNT, WANTED = 0x101, 0x102, 0x103, 0x180
TAKE = 1  # a flag of HOLD
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
        private_home(self.dir)
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
        if not self.ready.wait(60):
            raise Failure("not ready: " + self.text())
        wait_until(lambda: self.states()[0][0] == READER, 60, "the reader")

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
            high = [os.dup2(fd, 100 + i, inheritable=False)
                    for i, fd in enumerate(fds)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)
            if self.nofile and argv[0] == self.programs["scs-readerd"]:
                resource.setrlimit(resource.RLIMIT_NOFILE,
                                   (self.nofile, self.nofile))
        # the numbers that are passed must not be those of Popen's own pipe
        low = [os.open("/dev/null", os.O_RDONLY)]
        while low[-1] < 3 + len(fds):
            low.append(os.open("/dev/null", os.O_RDONLY))
        try:
            return subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=self.log,
                stderr=self.log, preexec_fn=order,
                # the leak check traces its own process, which the sandbox
                # forbids: see standalone()
                env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
                close_fds=False)
        finally:
            for fd in low:
                os.close(fd)

    def supervise(self):
        try:
            while packet := self.control.recv(1024):
                kind = struct.unpack(PACKET, packet)
                if kind[0] == READY:
                    self.ready.set()
                elif kind[0] == SPAWN:
                    self.start_worker(kind)
        except OSError:
            pass

    def start_worker(self, request):
        ours, theirs = socket.socketpair()
        hear, say = (open(fd, mode, buffering=0)
                     for fd, mode in zip(os.pipe(), ("rb", "wb")))
        with ours, theirs, hear, say:
            proc = self.spawn([self.programs["scs-ifd"], "--virtual",
                               "Flow Reader", *self.ifd_options],
                              [theirs, say, self.virtual])
            self.workers.append(proc)
            for kind, end in ((SAYS, hear), (WORKER, ours)):
                packet = struct.pack(PACKET, kind, request[1], request[2],
                                     request[3], 0, 0, b"")
                self.control.sendmsg(
                    [packet], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                array.array("i", [end.fileno()]))])
        threading.Thread(target=self.reap, args=(proc, request[3]),
                         daemon=True).start()

    def reap(self, proc, cookie):
        proc.wait()
        try:
            self.control.send(struct.pack(PACKET, GONE, 2, 0, cookie, 0, 0, b""))
        except OSError:
            pass

    def text(self):
        with open(f"{self.dir}/log", errors="replace") as f:
            return f.read()

    def card(self, **kw):
        c = Card(f"{self.dir}/virtual-0.sock", **kw)
        wait_until(lambda: self.states()[0][2] != 2, 60, "card in")
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
        self.sock.settimeout(60)
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

    def open_when_free(self):
        """Connects once a transaction of others is over."""
        self.sock.settimeout(60)
        return self.open()

    def reconnect(self):
        return self.ask(RECONNECT, "iIIIII", self.card, 2, 3, 0, 0, 0)[5]

    def begin(self):
        return self.ask(BEGIN, "iI", self.card, 0)[1]

    def end(self, disposition=0):
        return self.ask(END, "iII", self.card, disposition, 0)[2]

    def status(self):
        return self.ask(STATUS, "iI", self.card, 0)[1]

    def hold(self, flags=0):
        """(touched, rv); what is spoken with the card is in `spoken`."""
        a = self.ask(HOLD, "iIIII", self.card, flags, 9, 9, 9)
        self.spoken = a[3]
        return a[2], a[4]

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

    def all_states(self):
        """As protocol 4:6 asks for them: there may be more than sixteen."""
        self.say(SIZE)
        n = struct.unpack("=I", self.hear(SIZE, 4))[0]
        self.say(ARRAY)
        data = self.hear(ARRAY, n * 184)
        return [self.state(data[i:i + 184]) for i in range(0, len(data), 184)]

    @staticmethod
    def state(data):
        s = struct.unpack("=128sIIi33s3xII", data)
        return (s[0].rstrip(b"\0").decode(), s[1], s[2], s[3],
                s[4][:min(s[5], 33)], s[6])

    def closed_after_wanted(self):
        expect(struct.unpack("=II", self.read(8)), (0, WANTED), "WANTED")
        return self.closed()

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


def greedy(path, seconds, all_there, out):
    """When it had the card."""
    p = Pcsclite(path)
    p.connect()
    all_there.wait()
    until, times = time.monotonic() + seconds, []
    while time.monotonic() < until:
        p.call("SCardBeginTransaction", p.handle)
        times.append(time.monotonic())
        time.sleep(0.002)
        p.call("SCardEndTransaction", p.handle, ctypes.c_ulong(0))
    out.put(times)


def sleeper(path, go, out):
    """Debian's client in a transaction that it does not end in time."""
    p = Pcsclite(path)
    p.connect()
    p.call("SCardBeginTransaction", p.handle)
    out.put("began")
    go.wait()
    end_rv = p.lib.SCardEndTransaction(p.handle, ctypes.c_ulong(0))
    active = ctypes.c_ulong()
    p.call("SCardReconnect", p.handle, ctypes.c_ulong(2), ctypes.c_ulong(3),
           ctypes.c_ulong(0), ctypes.byref(active))
    p.call("SCardBeginTransaction", p.handle)
    p.call("SCardEndTransaction", p.handle, ctypes.c_ulong(0))
    out.put(end_rv & 0xFFFFFFFF)


def watcher(path, calls, out):
    """Calls of SCardGetStatusChange under churn: good ones, and wrong ones."""
    p = Pcsclite(path)
    state = SCARD_READERSTATE(name=READER.encode())
    good, wrong = 0, 0
    for _ in range(calls):
        rv = p.lib.SCardGetStatusChange(p.context, ctypes.c_ulong(50),
                                        ctypes.byref(state),
                                        ctypes.c_ulong(1)) & 0xFFFFFFFF
        state.current = state.event & ~2
        good += rv in (0, 0x8010000A)
        wrong += rv not in (0, 0x8010000A)
    out.put((good, wrong))


def ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def proc_status(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines()
                    if ":\t" in line)


def sh(folder, *argv, env=None):
    r = subprocess.run(argv, cwd=folder, capture_output=True, text=True,
                       timeout=120, env={**os.environ, **(env or {})})
    if r.returncode != 0:
        raise Failure(f"{argv[0]}: exit {r.returncode}: {r.stdout}{r.stderr}")
    return r.stdout
