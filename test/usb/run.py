#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A login with a USB reader: Debian's kernel, udev, libusb and libccid in a
machine of QEMU's, whose readers have our cards in them.

usage: run.py BUILD FOLDER    FOLDER keeps the kernel, and the logs
       run.py --self-test     what fails is called a failure
"""
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "flow")]
import acs  # noqa: E402
import faults  # noqa: E402
import image  # noqa: E402
import machine  # noqa: E402
import slots  # noqa: E402
import stack  # noqa: E402
import suspend  # noqa: E402
import unplug  # noqa: E402
from machine import Failure, expect  # noqa: E402
from world import (GONE, NAME, SERIAL, USB_ID, VIRTUAL,  # noqa: E402
                   World)

SKIPPED = 77


# ---- the test, one claim a step

def a_reader_that_is_there_at_the_start_has_pcsclites_name(w):
    w.sh("systemd-sysusers /usr/local/lib/sysusers.d/scs.conf")
    expect(USB_ID in w.sh("lsusb"), "the kernel has no reader")
    w.service()
    # no waiting: whoever comes when the service is ready sees the reader,
    # unless that said that the driver is too slow for it
    now = w.listed()
    if "slow to show their readers" in w.log():
        w.wait_reader(f"{NAME} 00 00", False)
    else:
        expect(now == {f"{NAME} 00 00": False}, f"readers: {now}")
    w.end_service()
    expect(not w.ifds(), "a driver outlived its service")
    w.service("--virtual", VIRTUAL, "--card-timeout-ms", "25000")
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
    out = w.sh("opensc-tool -l")
    expect(re.search(r"^1 +Yes +PIN pad +" + re.escape(w.usb), out, re.M) and
           re.search(r"^0 +No +" + re.escape(w.other), out, re.M), out)
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
    expect(m[1] in GONE,
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
    w.reader.hold = b""
    w.sh("reader-watch use Gemalto >/tmp/use-usb 2>&1 &")
    w.wait(lambda: w.reader.held, "a command at the card")
    w.unplug()
    w.wait_file("/tmp/use-usb", r"0x80100\w+")
    w.wait_reader(w.usb, None)
    w.reader.hold = None
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
    *unplug.STEPS,
    a_second_usb_reader_is_one_of_its_own,
    *suspend.STEPS,
    *slots.STEPS,
    *faults.STEPS,
    *acs.STEPS,
    nothing_was_killed_and_the_service_ends,
    slots.pcscd_gives_them_the_same_names,
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
    w.m, w.cards, w.socks, w.start = m, {}, "/nonexistent", lambda: None
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
