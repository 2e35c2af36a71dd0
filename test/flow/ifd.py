#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Drivers of other people, unchanged, each in a process of its own: Debian's
vpcd with a PIV card and others, and one that does everything wrong.

usage: ifd.py BUILD
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

import readerd_rig
import stack
from readerd_rig import expect

VPCD = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
USER = "nobody"
ATR = bytes.fromhex("3b800181")
NOT_TRANSACTED = 0x80100016
GONE = (0x80100017, 0x80100069, 0x8010001D)  # what a client may be told


def two_ports():
    """vpcd has two slots, and a port for each, one after the other. Who looks
    at the same time begins elsewhere."""
    for port in range(28000 + os.getpid() % 500 * 2, 30000, 2):
        socks = [socket.socket(), socket.socket()]
        try:
            for i, s in enumerate(socks):
                s.bind(("", port + i))
            return port
        except OSError:
            continue
        finally:
            for s in socks:
                s.close()
    raise stack.Failure("no free port")


def prepare(name, text):
    """A prefix with these readers in it."""
    base = "/run" if os.geteuid() == 0 else None
    prefix = tempfile.mkdtemp(prefix="scs-ifd.", dir=base)
    os.makedirs(f"{prefix}/etc/reader.conf.d", mode=0o755)
    path = f"{prefix}/etc/reader.conf.d/{name}"
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o644)
    return prefix


def reader(name, device, library, channel=0):
    return (f'FRIENDLYNAME "{name}"\nDEVICENAME {device}\n'
            f"LIBPATH {library}\nCHANNELID {channel:#x}\n")


def client(st):
    return readerd_rig.Client(
        types.SimpleNamespace(dir=f"{st.prefix}/run/pcscd"))


def states(st):
    try:
        c = client(st)
    except OSError:
        return {}
    try:
        return {s[0]: s for s in c.states() if s[0]}
    except readerd_rig.Closed:
        return {}
    finally:
        c.close()


def wait_atr(st, name, atr, seconds=stack.HANG):
    def there():
        s = states(st).get(name)
        return s is not None and s[4] == atr
    stack.wait_until(there, seconds, f"a card with {atr.hex()} in {name}")


def connect(st, name):
    c = client(st)
    expect(c.establish(), 0, "establish")
    expect(c.connect(reader=name), 0, f"connect to {name}")
    return c


def ifds(st):
    """driver processes: the reader's name on the command line -> pid"""
    found = {}
    for pid, s in stack.process_table(st.scsd.pid):
        if s["Name"].strip() != "scs-ifd":
            continue
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                argv = f.read().split("\0")
        except OSError:
            continue
        for option in ("--name", "--virtual"):
            if option in argv:
                found[argv[argv.index(option) + 1]] = (pid, s)
    return found


def stranger(st, *argv):
    r = subprocess.run(argv, capture_output=True, text=True, timeout=120, env={
        **os.environ, "PCSCLITE_CSOCK_NAME":
        f"{st.prefix}/run/pcscd/pcscd.comm"})
    return r.returncode, r.stdout + r.stderr


# ---- Debian's driver

def each_has_a_process_and_a_sandbox(st):
    found = ifds(st)
    expect(sorted(found), ["Virtual PCD", "Virtual Reader"], "drivers")
    for name, (pid, s) in found.items():
        expect((s["Seccomp"].strip(), s["NoNewPrivs"].strip()), ("2", "1"),
               f"the sandbox of {name}")
        if os.geteuid() == 0:
            expect(s["Uid"].split()[0] != "0", True, f"the user of {name}")
            expect(s["CapEff"].strip(), "0" * 16, f"capabilities of {name}")
    if os.geteuid() == 0:
        uids = {s["Uid"].split()[0] for _, s in found.values()}
        expect(len(uids), len(found), "users of the drivers")


def strangers_see_it(st):
    code, text = stranger(st, "opensc-tool", "-l")
    expect("Virtual PCD 01 00" in text and "Virtual PCD 01 01" in text, True,
           "opensc-tool -l shows both slots: " + text)
    code, text = stranger(st, "pcsc_scan", "-r")
    expect((code, "Virtual PCD 01 01" in text), (0, True),
           "pcsc_scan -r: " + text)


def a_login_through_it(st, port):
    file = st.person("vpcd.card", "Vpcd Test", "p256")
    st.pair_by_hand(USER, stack.pubkey_hash(st.certificate(file, "9a")))
    card = stack.Card(st, file, where=f"tcp:127.0.0.1:{port}")
    st.wait_tokens(1)
    code, text = stranger(st, "opensc-tool", "-r", "Virtual PCD 01 00", "-s",
                          "00:A4:04:00:09:A0:00:00:03:08:00:00:10:00")
    expect((code, "SW1=0x90" in text), (0, True), "SELECT PIV: " + text)
    for _ in range(2):
        code, text = st.login(USER, stack.PIN)
        expect(code, 0, "login: " + text)
        card.tell("remove")
        st.wait_tokens(0)
        code, text = st.login(USER, stack.PIN)
        expect(code != 0, True, "no card, no login: " + text)
        card.tell("insert")
        st.wait_tokens(1)
    expect("pin-tries 3" in card.tell("status"), True, "PIN tries")
    return card


def killed_it_comes_back_alone(st):
    before = ifds(st)
    os.kill(before["Virtual PCD"][0], signal.SIGKILL)
    stack.wait_until(
        lambda: ifds(st).get("Virtual PCD", (None,))[0] not in
        (None, before["Virtual PCD"][0]), 60, "a new process")
    stack.wait_until(lambda: "Virtual PCD 01 00" in states(st), 60,
                     "the reader again")
    expect(ifds(st)["Virtual Reader"][0], before["Virtual Reader"][0],
           "the other driver's process")
    st.wait_tokens(1)
    code, text = st.login(USER, stack.PIN)
    expect(code, 0, "login after it was killed: " + text)


class TcpCard(readerd_rig.Card):
    """The scripted card, at vpcd's port."""

    def __init__(self, port, answers):
        self.atr, self.seen, self.controls = ATR, [], []
        self.answers = answers
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()


def a_card_that_is_not_piv(st, port):
    name = "Virtual PCD 01 01"
    card = TcpCard(port + 1, {0xA4: b"\x6a\x82", 0xCA: b"\x6d\0",
                              0xCB: b"\x6d\0", 0xB0: b"\xca\xfe\x90\0"})
    wait_atr(st, name, ATR)
    code, text = stranger(st, "opensc-tool", "-r", name, "-s",
                          "00:B0:00:00:02")
    expect((code, "CA FE" in text), (0, True), "READ BINARY: " + text)
    _, text, _ = st.tool("security", "list-smartcards")
    expect(len(text.split()), 1, "it is no token, and ours still is")
    card.out()
    stack.wait_until(lambda: states(st)[name][4] == b"", 60, "it is out")


def vicc_too(st, port):
    """Debian's own simulator, of a card that is not PIV. Its package puts its
    modules where Python 3 does not look, and one imports Python 2's sha."""
    name = "Virtual PCD 01 01"
    with open(f"{st.prefix}/sha.py", "w") as f:
        f.write("from hashlib import sha1 as new  # noqa: F401\n")
    env = {**os.environ, "PYTHONPATH": st.prefix +
           ":/usr/lib/python3/site-packages/virtualsmartcard"}
    with open(f"{st.prefix}/vicc.log", "wb") as log:
        vicc = subprocess.Popen(
            ["/usr/bin/python3", "-B", shutil.which("vicc"), "-t", "iso7816",
             "-H", "127.0.0.1", "-P", str(port + 1)], env=env, stdout=log,
            stderr=log, stdin=subprocess.DEVNULL)
    st.children.append(vicc)
    stack.wait_until(lambda: states(st)[name][4] != b"" or
                     vicc.poll() is not None, 60, "vicc's ATR")
    expect(vicc.poll(), None, open(f"{st.prefix}/vicc.log").read())
    # SELECT of what it has ends it with a TypeError
    for what, command, want in (
            ("GET CHALLENGE", "00:84:00:00:08", "SW1=0x90, SW2=0x00"),
            ("SELECT PIV", "00:A4:04:00:05:A0:00:00:03:08",
             "SW1=0x6A, SW2=0x82")):
        code, text = stranger(st, "opensc-tool", "-r", name, "-s", command)
        expect((code, want in text), (0, True), what + ": " + text +
               open(f"{st.prefix}/vicc.log").read())
    st.wait_tokens(1)  # the PIV card in the other slot
    stack.end(vicc)
    stack.wait_until(lambda: states(st)[name][4] == b"", 60, "vicc is out")


def debians_vpcd(build):
    port = two_ports()
    prefix = prepare("vpcd", reader("Virtual PCD", f"/dev/null:{port:#x}",
                                    VPCD, port))
    with stack.Stack(build, prefix=prefix) as st:
        # a driver that has told of its reader is in its sandbox
        stack.wait_until(lambda: {"Virtual PCD 01 01", "Virtual Reader 00 00"}
                         <= set(states(st)), 60, "the readers")
        each_has_a_process_and_a_sandbox(st)
        strangers_see_it(st)
        card = a_login_through_it(st, port)
        killed_it_comes_back_alone(st)
        a_card_that_is_not_piv(st, port)
        if shutil.which("vicc"):
            vicc_too(st, port)
        card.stop()


# ---- the bad driver

LATE = ("Hangs presence", "hang-presence"), ("Hangs power", "hang-power"), \
    ("Hangs open", "hang-open"), ("Crashes open", "crash-open"), \
    ("Long ATR", "long-atr")


def neighbours_notice_nothing(st, pids):
    """The well-behaved driver and the virtual reader are what they were."""
    now = ifds(st)
    for name, pid in pids.items():
        expect(now[name][0], pid, f"the process of {name}")
    c = connect(st, "Well 01 00")
    expect(c.transmit(b"\0\1\0\0"), (0, b"\x90\0"), "the good driver")
    c.close()
    code, text = st.login(USER, stack.PIN)
    expect(code, 0, "login: " + text)


def one_command(st, name, ins):
    """Its answer, and the pid of the driver before and after."""
    label = name.rsplit(" ", 2)[0]
    wait_atr(st, name, ATR)
    before = ifds(st)[label][0]
    c = connect(st, name)
    started = time.monotonic()
    try:
        answer = c.transmit(bytes([0, ins, 0, 0]))
    finally:
        c.close()
    return label, before, answer, time.monotonic() - started


def costs_only_itself(st, pids, name, ins, what):
    label, before, answer, took = one_command(st, name, ins)
    expect(answer[0] in GONE, True, f"{what}: {answer[0]:#x}")
    expect(took < 8, True, f"{what}: told after {took:.1f} s")
    stack.wait_until(lambda: not os.path.exists(f"/proc/{before}"), 60,
                     f"{what}: the end of its process")
    neighbours_notice_nothing(st, pids)
    wait_atr(st, name, ATR)
    expect(ifds(st)[label][0] != before, True, f"{what}: a new process")
    print(f"  {what}: told after {took:.1f} s, back")


def sanitized(build):
    with open(stack.find_program(build, "scs-ifd"), "rb") as f:
        return b"__asan_init" in f.read()


def for_everybody(build):
    """A folder with the bad driver, where any user may read it."""
    library = None
    for root, _, files in os.walk(build):
        if "bad-driver.so" in files:
            library = os.path.abspath(f"{root}/bad-driver.so")
    if library is None:
        raise stack.Failure("bad-driver.so is not built")
    folder = tempfile.mkdtemp(prefix="scs-bad.", dir="/run")
    os.chmod(folder, 0o755)
    shutil.copy(library, f"{folder}/bad.so")
    return folder


def a_bad_driver(build):
    folder = for_everybody(build)
    library = f"{folder}/bad.so"
    text = reader("Well", "well", library) + reader("Bad", "well", library)
    text += "".join(reader(name, how, library) for name, how in LATE)
    text += reader("No ATR", "no-atr", library)
    os.mkdir(f"{folder}/shared")
    shutil.copy(library, f"{folder}/shared/bad.so")
    os.chmod(f"{folder}/shared", 0o777)
    text += reader("Anybody", "well", f"{folder}/shared/bad.so")
    prefix = prepare("bad", text)
    try:
        with stack.Stack(build, prefix=prefix,
                         options=("--card-timeout-ms", "2000")) as st:
            bad_driver_checks(st, sanitized(build))
    finally:
        shutil.rmtree(folder)


def bad_driver_checks(st, is_sanitized):
    file = st.person("bad.card", "Bad Test", "p256")
    st.pair_by_hand(USER, stack.pubkey_hash(st.certificate(file, "9a")))
    stack.Card(st, file)
    st.wait_tokens(1)
    wait_atr(st, "Well 01 00", ATR)
    pids = {n: ifds(st)[n][0] for n in ("Well", "Virtual Reader")}
    name = "Bad 02 00"
    costs_only_itself(st, pids, name, 0xE1, "crash")
    costs_only_itself(st, pids, name, 0xE2, "hang in transmit")
    costs_only_itself(st, pids, name, 0xE3, "length that lies")
    costs_only_itself(st, pids, name, 0xE6, "rubbish, then stopped")
    costs_only_itself(st, pids, name, 0xF0, "no more requests, and stopped")
    costs_only_itself(st, pids, name, 0xF1, "no more answers, and stopped")
    reader_does_not_answer(st, pids, name, 0xEB, "a reader that has stopped")
    reader_does_not_answer(st, pids, name, 0xEC, "commands that all fail")
    _, _, answer, _ = one_command(st, name, 0xEA)
    if os.geteuid() == 0:  # otherwise threads are those of all of the user's
        expect(answer, (0, b"\x90\0"), "how many threads it may have")
    _, before, answer, _ = one_command(st, name, 0xE5)
    expect(answer[0] != 0, True, "an answer without status word")
    prints_too_much(st, name)
    _, _, answer, _ = one_command(st, name, 0xE7)
    expect(answer, (0, b"\x90\0"), "what the sandbox has to refuse")
    expect(ifds(st)["Bad"][0], before, "neither ends the process")
    if is_sanitized:
        print("  leak: sanitizers' memory cannot be capped; left out")
    else:
        leak(st, pids, name, 0xE4)
        leak(st, pids, name, 0xE9)
    for bad, _ in LATE:
        st.wait_log(f'reader "{bad}": ' if "Crash" not in bad
                    else "was killed by signal 11" if not is_sanitized
                    else "exited with status")
    # what anybody could have put there is not loaded
    st.wait_log("/shared: others than its owner can write there")
    expect([n for n in states(st) if n.startswith("Anybody")], [],
           "its reader")
    for label in ("hangs while looking for a card",
                  "hangs while powering a card",
                  "hangs while opening the reader",
                  "claims to have written more than it may"):
        st.wait_log(label)
    stack.wait_until(lambda: states(st)["No ATR 08 00"][2] & 0x8, 60,
                     "a card without ATR counts as mute")
    neighbours_notice_nothing(st, pids)


def one_that_hangs_at_the_start(build):
    """It keeps nobody waiting for the others, and the log says so."""
    folder = for_everybody(build)
    prefix = prepare("slow", "".join(
        reader(name, how, f"{folder}/bad.so")
        for name, how in (("Hangs open", "hang-open"), ("Well", "well"))))
    try:
        with stack.Stack(build, prefix=prefix) as st:
            expect("some drivers are slow to show their readers" in
                   st.log_text(), True, "the log")
            c = connect(st, "Well 02 00")
            expect(c.transmit(b"\0\1\0\0"), (0, b"\x90\0"), "the other")
            c.close()
    finally:
        shutil.rmtree(folder)


def reader_does_not_answer(st, pids, name, ins, what):
    """Its driver says so, and goes on living: it is ended for that."""
    label, before, answer, _ = one_command(st, name, ins)
    expect(answer[0] in (NOT_TRANSACTED, *GONE), True,
           f"{what}: {answer[0]:#x}")

    def ended():
        c = client(st)
        c.establish()
        if c.connect(reader=name) == 0:  # it may say that the card has gone
            c.transmit(bytes([0, 0xA4, 0, 0]))
        c.close()
        return not os.path.exists(f"/proc/{before}")

    stack.wait_until(ended, 60, f"{what}: the end of its process")
    wait_atr(st, name, ATR)
    expect(ifds(st)[label][0] != before, True, f"{what}: a new process")
    neighbours_notice_nothing(st, pids)
    print(f"  {what}: ended, back")


def prints_too_much(st, name):
    """Its words are its own, and they fill no disk."""
    st.mark()
    _, _, answer, _ = one_command(st, name, 0xF2)
    expect(answer, (0, b"\x90\0"), "printing")
    st.wait_log(": on and on")
    time.sleep(0.5)
    lines = st.log_text()[st.log_mark:].splitlines()
    said = [ln for ln in lines if "forged" in ln or "on and on" in ln]
    expect([ln for ln in said if not re.match(
        r"<5>scs-readerd\[\d+\]: reader driver \d+: ", ln)], [],
        "lines that say who wrote them")
    expect(sum("forged" in ln for ln in said), 4, "lines that it forged")
    expect(len(said) <= 200, True, f"{len(said)} of its lines in the log")


def leak(st, pids, name, ins):
    label, before, answer, _ = one_command(st, name, ins)
    for _ in range(20):
        if answer[0] != 0:
            break
        c = connect(st, name)
        answer = c.transmit(bytes([0, ins, 0, 0]))
        c.close()
    expect(answer[0] in GONE, True, f"leak: {answer[0]:#x}")
    wait_atr(st, name, ATR)
    expect(ifds(st)[label][0] != before, True, "leak: a new process")
    neighbours_notice_nothing(st, pids)
    print(f"  leak ({ins:02x}): ended at its cap, back")


def main():
    checks = (debians_vpcd, a_bad_driver, one_that_hangs_at_the_start)
    only = sys.argv[2:]
    for check in checks:
        if only and check.__name__ not in only:
            continue
        check(sys.argv[1])
        print(f"ok {check.__name__}", flush=True)
    print("ifd: all passed")


if __name__ == "__main__":
    main()
