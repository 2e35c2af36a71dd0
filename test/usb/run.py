#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A login with a USB reader: Debian's kernel, udev, libusb and libccid in a
machine of QEMU's, whose reader has our card in it.

usage: run.py BUILD FOLDER    FOLDER keeps the kernel, and the logs
       run.py --self-test     what fails is called a failure
"""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "test", "flow")]
import image  # noqa: E402
import machine  # noqa: E402
import passthru  # noqa: E402
import stack  # noqa: E402
import suspend  # noqa: E402
from machine import Failure, expect  # noqa: E402

SKIPPED = 77
SERIAL = "SCS0001"
# pcsc-lite's way: Name [Interface] (serial) and two numbers
NAME = f"Gemalto Gemplus USB SmartCard Reader 433-Swap [CCID Interface] ({SERIAL})"
VIRTUAL = "Other Reader"
USB_ID = "08e6:4433"


class World:
    """The machine, its reader, the card that goes into it."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        # short, as the path of a socket must be
        self.socks = tempfile.mkdtemp(prefix="scs-usb.")
        self.vcard = stack.find_program(build, "scs-vcard")
        self.card = None
        self.file = f"{folder}/alice.card"
        self.make_card()
        self.m = machine.Machine(folder, self.socks, *self.make_image())
        self.reader = passthru.Reader(f"{self.socks}/card.sock",
                                      f"{self.socks}/vpcd.sock")
        # a second one, with no card
        self.second = passthru.Reader(f"{self.socks}/card2.sock",
                                      f"{self.socks}/vpcd2.sock")

    def make_card(self):
        for name in ("alice.card", "other.card", "ca.pem", "ca.key"):
            if os.path.exists(f"{self.folder}/{name}"):
                os.unlink(f"{self.folder}/{name}")
        for file, person in ((self.file, "Alice"),
                             (f"{self.folder}/other.card", "Other")):
            for args in (["create", file, "--t0"],
                         ["personalize", file, "--authority",
                          f"{self.folder}/ca.pem,{self.folder}/ca.key",
                          "--slot", "9a:p256", "--slot", "9c:p256",
                          "--slot", "9d:rsa2048", "--slot", "9e:p256", "--subject",
                          f"O=Example/CN={person}"]):
                subprocess.run([self.vcard, *args], check=True)

    def compile(self, source, *flags):
        out = f"{self.folder}/{source}"
        image.run("cc", "-Wall", "-Wextra", "-O2", "-o", out,
                  f"{HERE}/{source}.c", *flags)
        return out

    def make_watch(self):
        return self.compile("watch", *image.run(
            "pkg-config", "--cflags", "--libs", "libpcsclite").split())

    def make_session(self):
        return self.compile("session", f"-I{TOP}/include",
                            f"{self.build}/src/keychain/libscs.so")

    def make_image(self):
        return image.make(self.folder, self.build, f"{HERE}/init",
                          {self.make_watch(): "/usr/bin/reader-watch", self.vcard:
                           "/usr/bin/scs-vcard",
                           self.make_session(): "/usr/bin/scs-session",
                           f"{self.folder}/other.card": "/etc/other.card"})

    def devices(self):
        argv = ["-device", "qemu-xhci,id=xhci"]
        for name in ("card", "card2"):
            argv += ["-chardev", f"socket,id={name},path={self.socks}/{name}"
                     ".sock,server=on,wait=off"]
        return [*argv, "-device",
                f"usb-ccid,id=reader,bus=xhci.0,serial={SERIAL}", "-device",
                "ccid-card-passthru,id=reader-slot,chardev=card"]

    def start(self):
        self.reader.start()
        self.second.start()
        self.m.start(self.devices(), ["virtio_pci", "xhci-pci"])

    def stop(self):
        self.card_out()
        self.m.stop()
        shutil.rmtree(self.socks, ignore_errors=True)

    # ---- things a person does

    def card_in(self):
        self.card = subprocess.Popen(
            [self.vcard, "run", self.file, "--connect",
             f"unix:{self.socks}/vpcd.sock", "--control",
             f"{self.socks}/alice.sock"], stdin=subprocess.DEVNULL)

    def tell(self, *words):
        """To the card, which is in the USB reader."""
        return subprocess.run(
            [self.vcard, "tell", f"{self.socks}/alice.sock", *words],
            check=True, capture_output=True, text=True).stdout

    def card_out(self):
        if self.card:
            stack.end(self.card)
            self.card = None

    def unplug(self, name="reader"):
        self.m.monitor.ask("device_del", id=name)

    def plug(self, name="reader", card="card", serial=SERIAL):
        ask = self.m.monitor.ask
        ask("device_add", driver="usb-ccid", id=name, bus="xhci.0",
            serial=serial)
        ask("device_add", driver="ccid-card-passthru", id=f"{name}-slot",
            chardev=card, bus=f"{name}.0")
        (self.reader if name == "reader" else self.second).replugged()

    # ---- things seen in the machine

    def sh(self, script, status=0, seconds=60):
        got, out = self.m.sh(script, seconds)
        expect(status is None or got == status,
               f"{script}\nexit {got}, wanted {status}:\n{out}")
        return out

    def wait(self, check, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not (value := check()):
            expect(time.monotonic() < deadline,
                   f"{what}: not within {seconds} s")
            time.sleep(0.1)
        return value

    def log(self):
        return self.sh("grep -v driver: /tmp/scsd.log")

    def listed(self):
        """Reader name -> has a card, as OpenSC sees it."""
        out = self.sh("opensc-tool -l", None)
        return {m[2].strip(): m[1] == "Yes" for m in re.finditer(
            r"^\d+ +(Yes|No) +(?:PIN pad +)?(.*)$", out, re.M)}

    def wait_reader(self, name, card):
        """card: True, False; None: the reader is not there."""
        self.wait(lambda: self.listed().get(name) is card,
                  f"{name}: " + {True: "a card in it", False: "no card in it",
                                 None: "unplugged"}[card])

    def wait_tokens(self, n):
        self.wait(lambda: len(re.findall(
            r"^com\.apple\.pivtoken:", self.sh("security list-smartcards",
                                               None), re.M)) == n,
                  f"{n} token(s)")

    def wait_file(self, path, pattern, seconds=60):
        return self.wait(lambda: re.search(
            pattern, self.sh(f"cat {path}"), re.M), f"{pattern} in {path}",
            seconds)

    def kernel_log_with(self, part):
        def look():
            text = self.sh("dmesg")
            return text if part in text else None
        return self.wait(look, f"{part} in the kernel's log")

    def ifds(self):
        """pid -> command line of the driver processes"""
        out = self.sh("ps -o pid,args | grep '[s]cs-ifd'", None)
        return {int(x.split()[0]): x for x in out.splitlines()}

    def usb_ifd(self):
        return [p for p, line in self.ifds().items() if "--usb" in line]

    def service(self, *options):
        self.sh("scsd --debug " + " ".join(map(shlex.quote, options)) +
                " >/tmp/scsd.log 2>&1 & echo $! >/tmp/scsd.pid")
        self.wait_file("/tmp/scsd.log", r"\]: ready")

    def end_service(self):
        self.sh("kill $(cat /tmp/scsd.pid); n=0; "
                "while kill -0 $(cat /tmp/scsd.pid) 2>/dev/null; do "
                "n=$((n+1)); [ $n -lt 50 ] || exit 1; usleep 100000; done")

    def login(self, pin):
        """Through PAM, as any program would; (let in, dialogue)."""
        status, out = self.m.sh(
            f"echo {pin} | pamtester -v scs alice authenticate acct_mgmt")
        return status == 0, out


# ---- the test, one claim a step

def a_reader_that_is_there_at_the_start_has_pcsclites_name(w):
    w.sh("systemd-sysusers /usr/local/lib/sysusers.d/scs.conf")
    expect(USB_ID in w.sh("lsusb"), "the kernel has no reader")
    w.service()
    # no waiting: whoever comes when the service is ready sees the reader
    expect(w.listed() == {f"{NAME} 00 00": False}, f"readers: {w.listed()}")
    w.end_service()
    expect(not w.ifds(), "a driver outlived its service")
    w.service("--virtual", VIRTUAL)
    w.usb = f"{NAME} 01 00"
    w.other = f"{VIRTUAL} 00 00"
    w.wait_reader(w.usb, False)


def its_driver_has_a_user_a_sandbox_and_its_device_alone(w):
    pid = w.usb_ifd()[0]
    status = w.sh(f"cat /proc/{pid}/status")
    uid = re.search(r"^Uid:\t(\d+)", status, re.M)[1]
    expect(int(uid) > 60000, f"the driver runs as {uid}")
    expect(re.search(r"^Seccomp:\t2", status, re.M), "no filter")
    expect(re.search(r"^NoNewPrivs:\t1", status, re.M), "new privileges")
    node = re.search(r"Bus (\d+) Device (\d+): ID " + USB_ID, w.sh("lsusb"))
    w.node = f"/dev/bus/usb/{node[1]}/{node[2]}"
    acl = w.sh(f"getfacl -np {w.node}")
    expect(re.findall(r"^user:(\d+):", acl, re.M) == [uid],
           f"who may open it:\n{acl}")
    others = w.sh("getfacl -np /dev/bus/usb/*/* | grep -c '^user:[0-9]'")
    expect(int(others) == 1, "more devices than one were given away")


def a_card_goes_in_and_every_client_sees_it(w):
    w.sh("reader-watch events >>/tmp/events 2>&1 &")
    w.wait_file("/tmp/events", re.escape(w.usb) + ": there")
    w.card_in()
    w.wait_reader(w.usb, True)
    w.wait_file("/tmp/events", re.escape(w.usb) + ": card in")
    out = w.sh("pcsc_scan -c")
    expect(NAME in out and "3B" in out, f"pcsc_scan says:\n{out}")
    out = w.sh("opensc-tool -r 1 -n")
    expect("Personal Identity" in out, f"opensc-tool says: {out}")
    w.wait_tokens(1)


def it_is_paired_and_lets_its_user_in(w):
    out = w.sh("sc_auth identities")
    m = re.search(r"^([0-9A-F]{40})\t.*PIV Authentication", out, re.M)
    expect(m, f"sc_auth identities says:\n{out}")
    expect(m[1] == stack.pubkey_hash(subprocess.run(
        [w.vcard, "export", w.file, "9a"], check=True,
        capture_output=True).stdout), "another hash than openssl's")
    w.sh(f"sc_auth pair -u alice -h {m[1]}")
    let_in, out = w.login("000000")
    expect(not let_in, f"a wrong PIN let alice in:\n{out}")
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"the right PIN did not let alice in:\n{out}")


def it_signs_what_openssl_verifies(w):
    w.sh("cd /tmp && echo text >data && pkcs11-tool --module "
         "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so --slot-index 1 -l "
         f"-p {stack.PIN} --id 01 -m ECDSA-SHA256 --signature-format openssl "
         "-s -i data -o data.sig && pkcs11-tool --module "
         "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so --slot-index 1 "
         "--id 01 -r -y cert -o cert.der && "
         "openssl x509 -inform DER -in cert.der -pubkey -noout >key.pem")
    out = w.sh("cd /tmp && openssl dgst -sha256 -verify key.pem "
               "-signature data.sig data")
    expect("Verified OK" in out, out)
    out = w.sh("cd /tmp && echo other >data && openssl dgst -sha256 -verify "
               "key.pem -signature data.sig data", None)
    expect("Verified OK" not in out, "anything verifies")


def the_card_goes_out_and_comes_back(w):
    w.sh("echo -n >/tmp/events")
    w.card_out()
    w.wait_reader(w.usb, False)
    w.wait_file("/tmp/events", re.escape(w.usb) + ": card out")
    w.wait_tokens(0)
    expect(not w.login(stack.PIN)[0], "a login without a card")
    w.card_in()
    w.wait_reader(w.usb, True)
    w.wait_file("/tmp/events", re.escape(w.usb) + ": card in")
    w.wait_tokens(1)
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"no login after the card was out:\n{out}")


def the_reader_is_unplugged_and_another_notices_nothing(w):
    w.sh("scs-vcard run /etc/other.card --connect "
         "unix:/run/scs/virtual-0.sock >/dev/null 2>&1 &")
    w.wait_reader(w.other, True)
    w.sh(f"reader-watch use '{VIRTUAL}' >/tmp/use-other 2>&1 &")
    w.sh("reader-watch use Gemalto >/tmp/use-usb 2>&1 &")
    w.wait_file("/tmp/use-other", "in use")
    w.wait_file("/tmp/use-usb", "in use")
    w.others_pid = [p for p in w.ifds() if p not in w.usb_ifd()]
    w.sh("echo -n >/tmp/events")
    w.unplug()
    m = w.wait_file("/tmp/use-usb", r"used \d+ times, then (0x\w+)")
    expect(m[1] in ("0x80100017", "0x80100069", "0x8010001D", "0x80100068"),
           f"the client of the reader was told {m[1]}")
    w.wait_file("/tmp/events", re.escape(w.usb) + ": gone")
    w.wait_reader(w.usb, None)
    expect(not w.usb_ifd(), "its driver is still there")


def it_is_plugged_in_again_and_has_its_place(w):
    w.plug()
    w.wait_reader(w.usb, True)
    w.wait_file("/tmp/events", re.escape(w.usb) + ": there")
    w.wait_tokens(2)
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"no login after the reader was away:\n{out}")
    expect([p for p in w.ifds() if p not in w.usb_ifd()] == w.others_pid,
           "the other reader's driver was started again")
    out = w.sh("cat /tmp/use-other")
    expect("then" not in out, f"the other reader's client: {out}")


def its_driver_dies_and_comes_back(w):
    w.sh("echo -n >/tmp/events")
    old = w.usb_ifd()
    w.sh(f"kill -9 {old[0]}")
    w.wait(lambda: w.usb_ifd() not in ([], old), "a new driver")
    w.wait_file("/tmp/events", re.escape(w.usb) + ": gone")
    w.wait_file("/tmp/events", re.escape(w.usb) + ": there")
    w.wait_reader(w.usb, True)
    users = w.sh(f"getfacl -np /dev/bus/usb/*/* | grep '^user:[0-9]'")
    expect(len(users.splitlines()) == 1, f"who may open readers:\n{users}")
    w.wait_tokens(2)
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"no login after the driver died:\n{out}")


def unplugged_while_a_command_is_at_the_card(w):
    w.reader.hold = True
    w.sh("reader-watch use Gemalto >/tmp/use-usb 2>&1 &")
    w.wait(lambda: w.reader.held, "a command at the card")
    w.unplug()
    w.wait_file("/tmp/use-usb", r"0x80100\w+")
    w.wait_reader(w.usb, None)
    w.reader.hold = False
    w.plug()
    w.wait_reader(w.usb, True)
    w.wait_tokens(2)
    let_in, out = w.login(stack.PIN)
    expect(let_in, f"no login after that:\n{out}")
    expect("then" not in w.sh("cat /tmp/use-other"), "the other reader")


def a_second_usb_reader_is_one_of_its_own(w):
    first = w.usb_ifd()
    w.plug("reader2", "card2", "SCS0002")
    name = NAME.replace(SERIAL, "SCS0002") + " 02 00"
    w.wait_reader(name, False)
    expect(len(w.usb_ifd()) == 2, "not a driver for each")
    users = re.findall(r"^user:(\d+):", w.sh(
        "getfacl -np /dev/bus/usb/*/*"), re.M)
    expect(len(set(users)) == len(users) == 2, f"users: {users}")
    w.unplug("reader2")
    w.wait_reader(name, None)
    w.wait_reader(w.usb, True)
    expect(w.usb_ifd() == first, "the first reader's driver was started again")
    expect(w.login(stack.PIN)[0], "no login after that")


def nothing_was_killed_and_the_service_ends(w):
    log = w.log()
    bad = [x for x in log.splitlines() if "killed by signal" in x and
           "signal 9" not in x]
    expect(not bad, "\n".join(bad))
    expect(log.count("]: ready") == 1, "scsd was started again")
    w.end_service()
    acl = w.sh("getfacl -np /dev/bus/usb/*/*")
    expect(not re.search(r"^user:\d", acl, re.M),
           f"a device is still given away:\n{acl}")


STEPS = (
    a_reader_that_is_there_at_the_start_has_pcsclites_name,
    its_driver_has_a_user_a_sandbox_and_its_device_alone,
    a_card_goes_in_and_every_client_sees_it,
    it_is_paired_and_lets_its_user_in,
    it_signs_what_openssl_verifies,
    the_card_goes_out_and_comes_back,
    the_reader_is_unplugged_and_another_notices_nothing,
    it_is_plugged_in_again_and_has_its_place,
    its_driver_dies_and_comes_back,
    unplugged_while_a_command_is_at_the_card,
    a_second_usb_reader_is_one_of_its_own,
    *suspend.STEPS,
    nothing_was_killed_and_the_service_ends,
)


def report(w):
    """What somebody needs who was not there."""
    try:
        print("--- the service's log in the machine\n" + w.log()[-6000:])
    except Failure:
        pass
    print("--- its console\n" + w.m.console_text()[-2000:])


def judge(make_world, steps):
    """0: every step did what it claims; 1; 77: it cannot be tried here."""
    begin = time.monotonic()
    w, step = None, "the machine is made"
    try:
        w = make_world()
        step = "the machine starts"
        w.start()
        print(f"ok   {step} ({time.monotonic() - begin:.1f} s)", flush=True)
        for f in steps:
            step, at = f.__name__.replace("_", " "), time.monotonic()
            f(w)
            print(f"ok   {step} ({time.monotonic() - at:.1f} s)", flush=True)
    except image.CannotMake as e:
        print(f"skipped: {e}")
        return SKIPPED
    except (Failure, stack.Failure, subprocess.SubprocessError, OSError) as e:
        print(f"FAIL {step}: {e}", flush=True)
        if w is not None:
            report(w)
        return 1
    finally:
        if w is not None:
            w.stop()
    print(f"{len(steps) + 1} steps passed in {time.monotonic() - begin:.0f} s")
    return 0


# ---- what fails is called a failure

def fake_world(answers):
    """A world whose machine says `answers` and then ends."""
    ours, theirs = socket.socketpair()
    m = machine.Machine("/nonexistent", "/nonexistent", "", "")
    m.port = ours
    theirs.sendall(answers)
    theirs.shutdown(socket.SHUT_WR)
    m.far_end = theirs
    w = World.__new__(World)
    w.m, w.card, w.socks, w.start = m, None, "/nonexistent", lambda: None
    return w


def self_test():
    def cannot():
        raise image.CannotMake("for a test")

    def runs(w):
        w.sh("true", seconds=5)

    def waits(w):
        w.wait(lambda: False, "nothing", 0.2)

    rows = (
        ("a step that passes", lambda: fake_world(b"END 0\n"), (runs,), 0),
        ("a command that fails", lambda: fake_world(b"END 1\n"), (runs,), 1),
        ("a machine that ends", lambda: fake_world(b""), (runs,), 1),
        ("half an answer", lambda: fake_world(b"aGFsZg==\nEN"), (runs,), 1),
        ("what does not come", lambda: fake_world(b""), (waits,), 1),
        ("what cannot be tried", cannot, (), SKIPPED),
    )
    bad = 0
    for why, make, steps, want in rows:
        got = judge(make, steps)
        print(f"{why}: {got}, wanted {want}")
        bad += got != want
    print(f"self-test: {bad} wrong")
    return bad != 0


def main(build, folder, world=World, steps=STEPS):
    os.makedirs(folder, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return judge(lambda: world(build, folder), steps)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*map(os.path.abspath, sys.argv[1:])))
