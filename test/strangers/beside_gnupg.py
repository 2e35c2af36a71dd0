# SPDX-License-Identifier: BSD-2-Clause
"""gpg and scdaemon, which keep the card between commands: alone as they come,
or shared with `pcsc-shared`. Beside them opensc-tool, and calls of our own."""
import os
import shutil
import subprocess
import threading
import time

import stack

SCDAEMON = "/usr/lib/gnupg/scdaemon"
AID = bytes.fromhex("d2760001240103040006000000010000")


def tlv(tag, *parts):
    data = b"".join(parts)
    n = bytes([len(data)]) if len(data) < 128 else bytes([0x81, len(data)])
    return bytes.fromhex(tag) + n + data


def openpgp_card():
    """What gpg asks of an OpenPGP card that is new: object and contents."""
    rsa = bytes.fromhex("010800002000")
    history = bytes.fromhex("00730000800000000000")
    status = bytes.fromhex("00202020030003")
    person = {"5b": b"Doe<<Jane", "5f2d": b"en", "5f35": b"9"}
    inner = {"c0": bytes.fromhex("7d000bfe080000ff0000"), "c1": rsa,
             "c2": rsa, "c3": rsa, "c4": status, "c5": bytes(60),
             "c6": bytes(60), "cd": bytes(12)}
    return {
        0x4F: AID, 0x5F52: history, 0xC4: status,
        0x65: tlv("65", *[tlv(t, d) for t, d in person.items()]),
        0x7A: tlv("7a", tlv("93", bytes(3))),
        0x6E: tlv("6e", tlv("4f", AID), tlv("5f52", history),
                  tlv("73", *[tlv(t, d) for t, d in inner.items()])),
    }


OBJECTS = openpgp_card()


def as_openpgp(t):
    def transmit(slot, arg, apdu, room):
        if not t.puppet.present[slot]:
            return 616, b""
        if apdu[1] == 0xA4 and apdu[5:11] == AID[:6]:
            return 0, b"\x90\x00"
        found = OBJECTS.get(int.from_bytes(apdu[2:4], "big"))
        if apdu[1] == 0xCA and found:
            return 0, found + b"\x90\x00"
        return 0, b"\x6a\x82" if apdu[1] == 0xA4 else b"\x6a\x88"
    t.puppet.answer[7] = transmit


class Gnupg:
    """A home of its own, with these lines in scdaemon's configuration."""

    def __init__(self, t, *options):
        self.t, self.home = t, f"{t.dir}/gnupg"
        os.mkdir(self.home, 0o700)
        with open(f"{self.home}/scdaemon.conf", "w") as f:
            f.write("\n".join(["disable-ccid", *options, ""]))
        self.env = {**os.environ, "GNUPGHOME": self.home, "LC_ALL": "C.UTF-8"}

    def run(self, *argv):
        r = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, timeout=60)
        return r.returncode, r.stdout.replace(self.home, "HOME")

    def status(self):
        return self.run("gpg", "--batch", "--no-options", "--card-status")

    def scd(self, what):
        return self.run("gpg-connect-agent", f"SCD {what}", "/bye")

    def kill(self):
        """gpg-agent looks after its scdaemon every few seconds; until then it
        says that the pipe is broken."""
        said = self.scd("KILLSCD")
        stack.wait_until(lambda: "OK" in self.scd("GETINFO version")[1], 60,
                         "the next scdaemon")
        return said

    def close(self):
        self.run("gpgconf", "--kill", "all")
        shutil.rmtree(self.home)


def opensc(g):
    return g.run("opensc-tool", "-s", "00a4040006d27600012401")


def others(t, g, ctx, what):
    """What remains for others while scdaemon has the card, or has not."""
    for share in (1, 2, 3):
        rv, h, active = t.lib.connect(ctx, share)
        t.say(f"{what}: share {share}", (rv, active if rv == 0 else None))
        if rv == 0:
            t.say(f"{what}: share {share}, transmit", t.lib.transmit(h))
            t.lib.Disconnect(h, 0)
    t.say(f"{what}: opensc-tool", opensc(g))


def the_card_is_taken(t, g, ctx, what):
    """Somebody else was there first: alone, shared, in a transaction."""
    for share in (1, 2):
        _, h, _ = t.lib.connect(ctx, share)
        t.say(f"{what}: beside share {share}", g.status())
        t.say(f"{what}: beside share {share}, transmit", t.lib.transmit(h))
        t.lib.Disconnect(h, 0)
        t.say(f"{what}: after share {share}", g.status())
        g.kill()
    _, h, _ = t.lib.connect(ctx, 2)
    t.lib.BeginTransaction(h)
    got = []
    p = threading.Thread(target=lambda: got.append(g.status()))
    p.start()
    time.sleep(1)
    t.say(f"{what}: the transaction's owner", (
        t.lib.transmit(h), t.lib.EndTransaction(h, 0)))
    p.join()
    t.say(f"{what}: after the transaction", got[0])
    t.lib.Disconnect(h, 0)
    g.kill()


def reset_and_removal(t, g, ctx, what):
    t.say(f"{what}: again", g.status())
    rv, h, _ = t.lib.connect(ctx, 2)
    if rv == 0:
        t.say(f"{what}: a reset", t.lib.reconnect(h, how=1))
        t.say(f"{what}: after the reset", g.status())
        t.lib.Disconnect(h, 0)
    t.out()
    stack.wait_until(lambda: "ERR" in g.scd("SERIALNO")[1], 60, "no card")
    t.say(f"{what}: out", g.scd("SERIALNO"))
    t.say(f"{what}: status, out", g.status())
    t.card()
    stack.wait_until(lambda: "ERR" not in g.scd("SERIALNO")[1], 60, "a card")
    t.say(f"{what}: in", g.scd("SERIALNO"))
    t.say(f"{what}: status, in", g.status())


def one_configuration(t, ctx, *options):
    g, what = Gnupg(t, *options), " ".join(options) or "alone"
    try:
        as_openpgp(t)
        t.say(f"{what}: no card", g.status())
        t.card()
        t.say(f"{what}: status", g.status())
        others(t, g, ctx, f"{what}: beside")
        t.say(f"{what}: and still", g.scd("GETATTR SERIALNO"))
        if "card-timeout 1" in options:
            time.sleep(2)
            others(t, g, ctx, f"{what}: after the time")
        else:
            t.say(f"{what}: KILLSCD", g.kill())
            others(t, g, ctx, f"{what}: after KILLSCD")
            the_card_is_taken(t, g, ctx, what)
        reset_and_removal(t, g, ctx, what)
    finally:
        g.close()
    t.out()


def scdaemon(t):
    if not os.path.exists(SCDAEMON) or not shutil.which("opensc-tool"):
        t.say("SKIP", "scdaemon or opensc-tool is not installed")
        return
    ctx = t.lib.context()
    for options in ((), ("pcsc-shared",), ("card-timeout 1",),
                    ("card-timeout 1", "pcsc-shared")):
        one_configuration(t, ctx, *options)
    t.lib.ReleaseContext(ctx)


PROBES = [scdaemon]
