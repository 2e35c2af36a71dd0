#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scs-readerd over its sockets, with foreign programs, raw frames and a card
that is a script. Run: test/flow/readerd.py BUILDDIR [NAME...]
"""
import multiprocessing
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import readerd_idle  # noqa: E402
import readerd_wire  # noqa: E402
from readerd_rig import (  # noqa: E402
    ATR, BEGIN, Card, Client, Closed, DENIED, DISCONNECT, ESTABLISH, Failure,
    GONE_READER, HOLD, MISMATCH, NO_CARD, READER, REMOVED, RESET, SHARING,
    STATES, STATUS, Service, TRANSMIT, VERSION, WAIT, end, expect, find_program,
    greedy, proc_status, ticks, wait_until, watcher, sh)

# ---- the checks

def foreign_programs(build):
    s = Service(build)
    env = {**os.environ, "PCSCLITE_CSOCK_NAME": f"{s.dir}/pcscd.comm"}

    def run(*argv):
        r = subprocess.run(argv, env=env, capture_output=True, text=True,
                           timeout=120)
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
    wait_until(lambda: s.states()[0][2] == 2, 60, "card out")
    s.stop()


def strangers_sign_with_a_piv_card(build):
    s = Service(build)
    vcard = os.path.abspath(find_program(build, "scs-vcard"))
    sh(s.dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
       "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA")
    sh(s.dir, vcard, "create", "card", "--pin", "123456", "--yubico")
    sh(s.dir, vcard, "personalize", "card", "--authority", "ca.pem,ca.key",
       "--slot", "9A:rsa2048", "--subject", "CN=Demo")
    card = subprocess.Popen([vcard, "run", "card", "--connect",
                             f"unix:{s.dir}/virtual-0.sock"], cwd=s.dir,
                            stdout=s.log, stderr=s.log)
    env = {"PCSCLITE_CSOCK_NAME": f"{s.dir}/pcscd.comm"}
    try:
        wait_until(lambda: s.states()[0][2] == 0x34, 60, "card in")
        with open(f"{s.dir}/data", "w") as f:
            f.write("hello")
        tool = ["pkcs11-tool", "--module", "opensc-pkcs11.so"]
        sh(s.dir, *tool, "--login", "--pin", "123456", "--sign", "--id", "01",
           "-m", "SHA256-RSA-PKCS", "-i", "data", "-o", "sig", env=env)
        sh(s.dir, *tool, "-r", "--type", "cert", "--id", "01", "-o",
           "cert.der", env=env)
        with open(f"{s.dir}/pub.pem", "w") as f:
            f.write(sh(s.dir, "openssl", "x509", "-inform", "DER", "-in",
                       "cert.der", "-pubkey", "-noout"))
        sh(s.dir, "openssl", "dgst", "-sha256", "-verify", "pub.pem",
           "-signature", "sig", "data")
        sh(s.dir, "yubico-piv-tool", "-r", "Flow", "-a", "verify-pin",
           "-P", "123456", env=env)
    finally:
        end(card)
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
    foreign.say(STATUS, struct.pack("=iI", c.card, 0))
    expect(foreign.closed(), True, "foreign handle")
    expect(c.end(), 0, "END: that did not wait for the transaction to be over")
    card.out()
    wait_until(lambda: c.status() != 0, 60, "removal")
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
    v.say(HOLD, struct.pack("=iIIII", v.card, 0, 0, 0, 0))
    expect(w.transmit()[0], 0, "the holder goes on")
    expect(w.wanted, True, "WANTED")
    expect(len([a for a in card.seen if a[1] == 0xB0]), 0, "the other waits")
    expect(w.unhold(), 0, "unhold")
    expect(p.hear_transmit(), (0, b"\x90\x00"), "then it is served")
    expect(struct.unpack("=iIIII", v.hear(HOLD, 20))[2::2], (1, 0),
           "v's hold")
    expect((w.count(), v.count()), (2, 0), "APDU counts")
    expect(v.unhold(1), 0, "unhold with reset")
    expect(2 in card.controls, True, "the card saw the reset")
    expect(p.status(), RESET, "and the other is told")
    expect(w.hold(), (2, 0), "reset by others")
    s.stop()


def a_card_of_two_protocols_is_everybodys(build):
    """Who has left binds nobody; a token worker follows who is there."""
    s = Service(build)
    s.card(atr=bytes.fromhex("3b80800101"))
    w = s.client(True).open()
    expect((w.hold(), w.spoken), ((1, 0), 2), "T=1 unasked")
    expect((w.transmit()[0], w.unhold()), (0, 0), "the worker's command")
    p, q = s.client(), s.client()
    p.establish()
    q.establish()
    expect(p.connect(protocols=1), 0, "T=0, of nobody but the worker")
    expect(q.connect(protocols=2), MISMATCH, "T=1 while T=0 is spoken")
    expect(p.transmit(protocol=1)[0], 0, "a command")
    expect((w.hold(), w.spoken), ((2, 0), 1), "the worker hears of both")
    expect((w.transmit(protocol=1)[0], w.unhold()), (0, 0), "and follows")
    p.close()
    expect(q.connect(protocols=2), 0, "T=1 after T=0 has left")
    s.stop()


def our_own_client_agrees(build):
    s = Service(build)
    s.card()
    r = subprocess.run([find_program(build, "pcsc-live"),
                        f"{s.dir}/pcscd.comm", f"{s.dir}/reader.sock"],
                       capture_output=True, text=True, timeout=120)
    expect((r.returncode, r.stdout), (0, ""), "pcsc-live: " + r.stderr)
    s.stop()


PCSCD = """
mount -n -t tmpfs -o mode=755 none /run && mkdir -p /run/pcscd/conf || exit 77
pcscd -f -c /run/pcscd/conf >/dev/null 2>&1 &
for i in $(seq 600); do [ -S /run/pcscd/pcscd.comm ] && break; sleep 0.1; done
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
    r = subprocess.run(["unshare", "-m", "sh", "-c", PCSCD, "sh",
                        find_program(build, "pcsc-live")],
                       capture_output=True, text=True, timeout=120)
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
    both, out = ctx.Barrier(2), ctx.Queue()
    ps = [ctx.Process(target=greedy,
                      args=(f"{s.dir}/pcscd.comm", 3, both, out))
          for _ in range(2)]
    for p in ps:
        p.start()
    times = [out.get(timeout=120) for _ in ps]
    for p in ps:
        p.join()
    # one may have begun, or been woken, before the other
    first, last = max(t[0] for t in times), min(t[-1] for t in times)
    counts = [sum(first <= x <= last for x in t) for t in times]
    share = counts[0] / sum(counts)
    print(f"    transactions: {counts[0]} and {counts[1]}")
    # turns alternate strictly (readerd-queue); a busy machine blurs the clock
    expect(0.4 <= share <= 0.6, True, f"share {share:.2f}")
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
    s = Service(build, ifd_options=("--card-timeout-ms", "2000"))

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
            wait_until(lambda: s.states()[0][2] == 2, 60, f"{what}: out")
        card.out()
        wait_until(lambda: s.states()[0][2] == 2, 60, f"{what}: gone")
        s.alive()
    for what, atr in (("garbage", b"\xff" * 8), ("none", b""),
                      ("cut off", ATR[:2]), ("34 bytes", b"\x3b" * 34)):
        card = s.card(atr=atr)
        expect(s.states()[0][2], 0xC, f"ATR {what}: mute")
        c = s.client()
        c.establish()
        expect(c.connect(), 0x80100067, f"ATR {what}: connect")
        card.out()
        wait_until(lambda: s.states()[0][2] == 2, 60, "out")
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
    wait_until(lambda: card.seen, 60, "the command at the card")
    s.workers[0].kill()
    began = time.monotonic()
    expect(c.hear_transmit()[0], GONE_READER, "transmit")
    expect(w.read(8), struct.pack("=II", 0, 0), "the event")
    wait_until(lambda: s.states()[0][0] == READER, 60, "the reader")
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
    ps = [ctx.Process(target=watcher, args=(f"{s.dir}/pcscd.comm", 200, out))
          for _ in range(4)]
    for p in ps:
        p.start()
    churn = 0
    while any(p.is_alive() for p in ps) and out.qsize() < len(ps):
        card = Card(f"{s.dir}/virtual-0.sock")
        time.sleep(0.003)
        card.out()
        churn += 1
    results = [out.get(timeout=120) for _ in ps]
    for p in ps:
        p.join()
    good, wrong = (sum(r[i] for r in results) for i in (0, 1))
    print(f"    {churn} insertions, {good} good returns, {wrong} wrong ones")
    expect((good, wrong), (4 * 200, 0), "returns")
    s.stop()


def full_at_the_descriptor_limit(build):
    s = Service(build, nofile=160)
    many = [s.client() for _ in range(300)]
    answers = {}
    for c in many:
        try:
            c.say(VERSION, struct.pack("=iiI", 4, 4, 0))
        except Closed:
            pass
    # until nobody has heard anything for two seconds
    waiting = {c.sock: c for c in many}
    while some := select.select(list(waiting), [], [], 2)[0]:
        for sock in some:
            c = waiting.pop(sock)
            try:
                rv = struct.unpack("=iiI", c.hear(VERSION, 12))[2]
            except Closed:
                rv = "none"
            answers[rv] = answers.get(rv, 0) + 1
    answers["still waiting"] = len(waiting)
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
    wait_until(served, 60, "room again")
    s.stop()


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
                           text=True, timeout=120, cwd="/")
        expect(r.stdout.strip(), str(want), f"{options}: {r.stderr}")
        s.stop()


def sandboxed_and_private(build):
    s = Service(build)
    for pid in (s.proc.pid, s.workers[0].pid):
        wait_until(lambda: proc_status(pid)["Seccomp"] == "2", 60, "seccomp")
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
        wait_until(lambda: os.path.exists(f"{folder}/virtual-1.sock"), 60,
                   "sockets")
        s.dir = folder
        wait_until(lambda: Client(s).states()[1][0], 60, "both readers")
        r = subprocess.run(["pcsc_scan", "-r"], capture_output=True, text=True,
                           timeout=120, env={
                               **os.environ,
                               "PCSCLITE_CSOCK_NAME": f"{folder}/pcscd.comm"})
        expect("Second 01 00" in r.stdout, True, r.stdout + r.stderr)
        card = Card(f"{folder}/virtual-0.sock")
        wait_until(lambda: Client(s).states()[0][2] == 0x34, 60, "card in")
        for worker in (True, False):
            c = Client(s, worker).open()
            expect((c.hold()[1] if worker else c.begin()), 0, "take it")
            c.transmit()
            c.say_transmit(b"\0\xb0\0\0")
            c.close()
        card.out()
    finally:
        proc.terminate()
        _, text = proc.communicate(timeout=60)
        shutil.rmtree(folder)
    expect(proc.returncode, 0, "exit of --standalone: " + text)


CHECKS = [foreign_programs, strangers_sign_with_a_piv_card,
          errors_as_raw_frames, held_cards_and_who_waits,
          a_card_of_two_protocols_is_everybodys,
    our_own_client_agrees, our_own_client_talks_to_debians_pcscd,
          death_of_a_holder_resets, *readerd_idle.CHECKS,
          *readerd_wire.CHECKS, two_greedy_clients_get_a_fair_half,
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
