# SPDX-License-Identifier: BSD-2-Clause
"""A whole service under a private prefix, for the flow tests and the demo.

Standard library only. Every process is started by us and ended by its pid.
"""
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PIN = "123456"
HANG = 60  # s, for what takes a moment: whoever waits longer waits for ever

USERS_DIR = "etc/SmartCardServices/directory/users"


class Failure(Exception):
    pass


def pubkey_hash(der):
    """SHA-1 of the public key's BIT STRING contents, taken out by openssl."""
    def openssl(*args, data):
        return subprocess.run(["openssl", *args], input=data, check=True,
                              capture_output=True).stdout
    pem = openssl("x509", "-inform", "DER", "-pubkey", "-noout", data=der)
    spki = openssl("pkey", "-pubin", "-outform", "DER", data=pem)
    listing = openssl("asn1parse", "-inform", "DER", data=spki).decode()
    line = [x for x in listing.splitlines() if "BIT STRING" in x][-1]
    at = int(line.split(":")[0]) + int(line.split("hl=")[1].split()[0])
    return hashlib.sha1(spki[at + 1:]).hexdigest().upper()


def find_program(build, name):
    """A program of the build tree, or of an installed one."""
    for root, dirs, files in os.walk(build):
        dirs[:] = [d for d in dirs if not d.endswith(".p")]
        if name in files and os.access(os.path.join(root, name), os.X_OK):
            return os.path.join(root, name)
    raise Failure(f"{name} is not in {build}: build first")


def private_home(folder):
    """Caches and settings of other people's programs go into this folder."""
    for name in [n for n in os.environ if re.fullmatch("XDG_.*_HOME", n)]:
        del os.environ[name]
    os.environ["HOME"] = folder


def listens(path):
    """Does somebody? A socket is in its folder a moment before that."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
        except OSError:
            return False
        return True


class Card:
    """scs-vcard in a virtual reader, steered over its control socket."""

    def __init__(self, stack, file, reader=0, extra=(), where=None):
        where = where or f"unix:{stack.prefix}/run/scs/virtual-{reader}.sock"
        self.control_path = f"{file}.ctl"
        if os.path.exists(self.control_path):  # of one that was killed
            os.unlink(self.control_path)
        self.log = open(f"{file}.log", "ab")
        self.proc = subprocess.Popen(
            [stack.program("scs-vcard"), "run", file, "--connect", where,
             "--control", self.control_path, *extra],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        stack.children.append(self.proc)
        wait_until(lambda: listens(self.control_path), 60,
                   "the card's control socket")

    def tell(self, line):
        """One line to the card's control socket; its answer, without 'ok'."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(HANG)
            s.connect(self.control_path)
            s.sendall(line.encode() + b"\n")
            s.shutdown(socket.SHUT_WR)
            data = b""
            while chunk := s.recv(65536):
                data += chunk
        return data.decode()

    def stop(self):
        end(self.proc)


def wait_until(check, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def end(proc, sig=signal.SIGTERM):
    if proc.poll() is None:
        proc.send_signal(sig)
        try:
            proc.wait(HANG)
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.wait()


def process_table(root_pid):
    """pid, name, uid, seccomp mode and no-new-privs of a process's children."""
    rows = []
    children = {}
    status = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = open(f"/proc/{pid}/status").read()
        except OSError:
            continue
        fields = dict(line.split(":\t", 1) for line in text.splitlines()
                      if ":\t" in line)
        status[int(pid)] = fields
        children.setdefault(int(fields["PPid"]), []).append(int(pid))
    todo = [root_pid]
    while todo:
        pid = todo.pop(0)
        if pid in status:
            rows.append((pid, status[pid]))
            todo += sorted(children.get(pid, []))
    return rows


class Stack:
    def __init__(self, build, readers=("Virtual Reader",), prefix=None,
                 options=(), name="scs-test"):
        self.build = os.path.abspath(build)
        base = "/run" if os.geteuid() == 0 else None
        self.prefix = prefix or tempfile.mkdtemp(prefix=f"{name}.", dir=base)
        os.chmod(self.prefix, 0o755)
        private_home(self.prefix)
        self.readers = readers
        self.options = options
        self.children = []
        self.scsd = None
        self.programs = {}

    def program(self, name):
        if name not in self.programs:
            self.programs[name] = find_program(self.build, name)
        return self.programs[name]

    def public_program(self, name):
        """The same where every user can run it: the build tree may be in a
        home that is closed to others."""
        path = f"{self.prefix}/bin/{name}"
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(self.program(name), path)
            os.chmod(path, 0o755)
        return path

    def start(self):
        libexec = f"{self.prefix}/libexec"
        os.makedirs(libexec, exist_ok=True)
        for name in ("scs-readerd", "scs-ifd", "scs-tokend",
                     "scs-token-worker", "scs-authd"):
            link = f"{libexec}/{name}"
            if not os.path.exists(link):
                os.symlink(self.program(name), link)
        argv = [self.program("scsd"), "--prefix", self.prefix, "--libexec",
                libexec, "--debug", *self.options]
        for name in self.readers:
            argv += ["--virtual", name]
        self.log_path = f"{self.prefix}/scsd.log"
        self.log = open(self.log_path, "ab")
        self.scsd = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                     stdout=self.log, stderr=self.log)
        self.log_mark = 0
        self.wait_log("]: ready")
        return self

    def mark(self):
        """wait_log() looks only at what is logged after this."""
        self.log_mark = len(self.log_text())

    def log_text(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def wait_log(self, part, seconds=HANG):
        def seen():
            if self.scsd.poll() is not None:
                raise Failure("scsd ended:\n" + self.log_text())
            for line in self.log_text()[self.log_mark:].splitlines():
                if part in line:
                    return line
            return None
        return wait_until(seen, seconds, f"log line with {part!r}")

    def run(self, name, *args, stdin="", check=None, env=None):
        """Run one of the project's programs; (status, stdout, stderr)."""
        r = subprocess.run([self.program(name), *args], input=stdin,
                           capture_output=True, text=True, timeout=2 * HANG,
                           env={**os.environ, **(env or {})})
        if check is not None and r.returncode != check:
            raise Failure(f"{name} {' '.join(args)}: exit {r.returncode}, "
                          f"wanted {check}\n{r.stdout}{r.stderr}")
        return r.returncode, r.stdout, r.stderr

    def tool(self, name, *args, **kw):
        return self.run(name, "--prefix", self.prefix, *args, **kw)

    def new_card(self, file, *args):
        path = f"{self.prefix}/{file}"
        self.run("scs-vcard", "create", path, *args, check=0)
        return path

    def person(self, file, name, alg="p256", *args):
        """A card with four identities; the file."""
        path = self.new_card(file, *args)
        self.run("scs-vcard", "personalize", path, "--authority",
                 f"{self.prefix}/ca.pem,{self.prefix}/ca.key",
                 "--slot", f"9a:{alg}", "--slot", "9c:rsa2048",
                 "--slot", "9d:rsa2048", "--slot", "9e:p256",
                 "--subject", f"C=US/O=Example/CN={name}",
                 "--mail", f"{name.split()[0].lower()}@example.com",
                 "--upn", f"{name.split()[0].lower()}@EXAMPLE.COM", check=0)
        return path

    def certificate(self, file, slot):
        return subprocess.run(
            [self.program("scs-vcard"), "export", file, slot], check=True,
            capture_output=True).stdout

    def pair_by_hand(self, user, *hashes):
        """A user record as an administrator could write it."""
        folder = f"{self.prefix}/{USERS_DIR}"
        os.makedirs(folder, exist_ok=True)
        values = "".join(f"<string>;tokenidentity;{h}</string>"
                         for h in hashes)
        with open(f"{folder}/{user}.plist.new", "w") as f:
            f.write('<?xml version="1.0" encoding="UTF-8"?>\n'
                    '<plist version="1.0"><dict>'
                    "<key>AuthenticationAuthority</key>"
                    f"<array>{values}</array></dict></plist>\n")
        os.rename(f"{folder}/{user}.plist.new", f"{folder}/{user}.plist")

    def login_argv(self, user, *answers, options="", ops=("authenticate",)):
        """A login through real libpam, this module alone in the stack."""
        conf = f"{self.prefix}/pam.d"
        os.makedirs(conf, exist_ok=True)
        with open(f"{conf}/flow", "w") as f:
            f.write(f"auth required {self.program('pam_smartcard.so')} "
                    f"prefix={self.prefix} {options}\n"
                    "account required pam_permit.so\n"
                    "session required pam_permit.so\n")
        args = [self.program("pamtest"), "-c", conf]
        for a in answers:
            args += ["-a", a]
        return [*args, "flow", user, *ops]

    def login(self, user, *answers, **kw):
        """(status, dialogue)"""
        r = subprocess.run(self.login_argv(user, *answers, **kw),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=2 * HANG)
        return r.returncode, r.stdout

    def wait_tokens(self, n, seconds=HANG):
        def count():
            _, out, _ = self.tool("security", "list-smartcards")
            return len(out.split()) == n
        wait_until(count, seconds, f"{n} token(s) in the list")

    def pid_of(self, name):
        for pid, st in process_table(self.scsd.pid):
            if st["Name"].strip() == name[:15]:
                return pid
        return None

    def stop(self, keep=False):
        for p in self.children:
            end(p)
        if self.scsd:
            end(self.scsd)
            self.log.close()
        if not keep:
            shutil.rmtree(self.prefix, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, tb):
        if kind is not None:
            sys.stderr.write(self.log_text()[-8000:])
        self.stop()
