#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The commands sc_auth, security and system_profiler against services that say
what each test wants. Output is compared byte by byte, exit codes too.

usage: commands.py SC_AUTH SECURITY SYSTEM_PROFILER [NAME ...]
"""
import fcntl
import json
import os
import plistlib
import pty
import pwd
import resource
import select
import signal
import subprocess
import sys
import termios
import threading
import time

import fake
from fake import (Card, Cut, Item, KEY, SIGN, DECRYPT, DERIVE, LOGIN_KEY, listing,
                  ok, refusal, text, u8, u16)

ID = "com.apple.pivtoken:00112233445566778899AABBCCDDEEFF"
ID2 = "com.apple.pivtoken:FFEEDDCCBBAA99887766554433221100"
USER = pwd.getpwuid(os.getuid()).pw_name
LABEL9A, LABEL9D = "PIV Authentication (Jane Dœ)", "Key Management (Jane Dœ)"


class Cards:
    """Two certificates, made once."""

    def __init__(self, folder):
        self.auth = fake.Certificate(folder, "auth", 0x07)
        self.mgmt = fake.Certificate(folder, "mgmt", 0x11)
        self.login = Item(0x9a, self.auth, LABEL9A, KEY | SIGN | LOGIN_KEY)
        self.wrap = Item(0x9d, self.mgmt, LABEL9D, KEY | DERIVE)
        self.jane = Card(1, ID, [self.login, self.wrap])
        self.hash = self.auth.pkhh.hex().upper()


def same(what, got, want):
    if got != want:
        raise AssertionError(f"{what}:\n--- wanted\n{want}\n--- got\n{got}")


def expect(w, argv, status, out=None, err=None, stdin=""):
    got = w.run(*argv, stdin=stdin)
    said = " ".join(argv)
    same(f"{said}: exit code (said {got[2]!r})", got[0], status)
    if out is not None:
        same(f"{said}: standard output", got[1], out)
    if err is not None:
        same(f"{said}: standard error", got[2], err)
    return got


def users(*names):
    return fake.frame(fake.USERS, u16(len(names)) + b"".join(map(text, names)))


def pair_result(verdict, reason="", label="", notes=0):
    return fake.frame(fake.PAIR_RESULT, u16(verdict) + text(reason) +
                      text(label) + u8(notes))


# ---- security

def list_smartcards_prints_one_id_a_line(w, c):
    w.token.answers[fake.LIST] = listing(c.jane, Card(2, ID2, [c.wrap]))
    expect(w, ["security", "list-smartcards"], 0, f"{ID}\n{ID2}\n", "")


def list_smartcards_passes_over_cards_without_identity(w, c):
    w.token.answers[fake.LIST] = listing(
        Card(2, ID2, [Item(0x9c, c.mgmt, "x", 0)]), Card(3, "empty", []))
    expect(w, ["security", "list-smartcards"], 44, "",
           "No smartcards found.\n")


def list_smartcards_names_an_id_once(w, c):
    w.token.answers[fake.LIST] = listing(c.jane, Card(2, ID, [c.login]))
    expect(w, ["security", "list-smartcards"], 0, f"{ID}\n", "")


def list_smartcards_without_cards(w, c):
    w.token.answers[fake.LIST] = listing()
    expect(w, ["security", "list-smartcards"], 44, "",
           "No smartcards found.\n")
    _, out, _ = expect(w, ["security", "list-smartcards", "--json"], 44)
    same("json", json.loads(out), [])


def list_smartcards_says_what_cards_lack(w, c):
    """Beside the list, which stays as scripts know it."""
    w.token.answers[fake.LIST] = listing(
        Card(1, ID, [c.login], problems=["it has expired", "no CHUID"]),
        Card(2, ID2, [], problems=["slot 9A is empty"]))
    expect(w, ["security", "list-smartcards"], 0, f"{ID}\n",
           f'security: token "{ID}": it has expired\n'
           f'security: token "{ID}": no CHUID\n'
           f'security: token "{ID2}": slot 9A is empty\n')
    _, out, err = expect(w, ["security", "list-smartcards", "--json"], 0)
    same("json", json.loads(out)[0]["problems"],
         ["it has expired", "no CHUID"])
    same("of what is not in it", err,
         f'security: token "{ID2}": slot 9A is empty\n')


def list_smartcards_as_json(w, c):
    w.token.answers[fake.LIST] = listing(c.jane)
    _, out, _ = expect(w, ["security", "list-smartcards", "--json"], 0)
    same("json", json.loads(out), [
        {"id": ID, "reader": "Reader 00",
         "driver": "com.apple.CryptoTokenKit.pivtoken", "problems": []}])


def data(b):
    return "<" + b.hex(" ") + ">"


def certificate(n, item):
    return (f'\n==== certificate #{n}\n'
            f'\tlabl : "Certificate For {item.label}"\n'
            f'\ttkid : "{ID}"\n'
            f'\ttoid : <{item.slot:02x}>\n'
            f'\tagrp : "com.apple.token"\n'
            f'\tpkhh : {data(item.cert.pkhh)}\n'
            f'\tsha1 : {data(item.cert.sha1)}\n====\n')


def key_lines(item, kind, bits, sign, drve):
    return (f'\tklbl : {data(item.cert.pkhh)}\n\tkcls : 1\n'
            f'\ttype : {kind}\n\tbsiz : {bits}\n\tsign : {sign}\n'
            f'\tdecr : false\n\tdrve : {drve}\n')


def private_key(n, item, *key):
    return (f'\n==== private key #{n}\n\tlabl : "Key For {item.label}"\n'
            f'\ttkid : "{ID}"\n\ttoid : <{item.slot:02x}>\n'
            f'\tagrp : "com.apple.token"\n' + key_lines(item, *key) +
            '====\n')


def identity(n, item, *key):
    return (f'\n==== identity #{n}\n\tlabl : "Certificate For {item.label}"\n'
            f'\ttkid : "{ID}"\n\ttoid : <{item.slot:02x}>\n'
            f'\tagrp : "com.apple.token"\n'
            f'\tpkhh : {data(item.cert.pkhh)}\n' + key_lines(item, *key) +
            f'\tsha1 : {data(item.cert.sha1)}\n====\n')


def export_prints_every_class_in_order(w, c):
    w.token.answers[fake.LIST] = listing(c.jane)
    rsa, ec = (42, "2,048", "true", "false"), (73, "256", "false", "true")
    certs = certificate(1, c.login) + certificate(2, c.wrap)
    keys = private_key(1, c.login, *rsa) + private_key(2, c.wrap, *ec)
    both = identity(1, c.login, *rsa) + identity(2, c.wrap, *ec)
    verb = ["security", "export-smartcard"]
    expect(w, verb + ["-t", "certs"], 0, certs, "")
    expect(w, verb + ["-t", "privKeys"], 0, keys, "")
    expect(w, verb + ["-t", "identities", "-i", ID], 0, both, "")
    expect(w, verb, 0, certs + keys + both, "")
    _, out, _ = expect(w, verb + ["--json", "-t", "certs"], 0)
    same("json", json.loads(out)[1], {
        "class": "certificate", "labl": "Certificate For " + LABEL9D,
        "tkid": ID, "toid": "9D", "agrp": "com.apple.token",
        "pkhh": c.mgmt.pkhh.hex().upper(), "sha1": c.mgmt.sha1.hex().upper()})


def export_of_nothing_says_so(w, c):
    verb = ["security", "export-smartcard"]
    w.token.answers[fake.LIST] = listing()
    expect(w, verb, 44, "", "No items found.\n")
    w.token.answers[fake.LIST] = listing(c.jane)
    expect(w, verb + ["-i", ID2], 44, "", "No items found.\n")
    w.token.answers[fake.LIST] = listing(
        Card(1, ID, [Item(0x9a, c.auth, LABEL9A, 0)]))
    expect(w, verb, 44, certificate(1, c.login), "No items found.\n")
    _, out, _ = expect(w, verb + ["--json"], 44, err="No items found.\n")
    same("what there is", [i["class"] for i in json.loads(out)],
         ["certificate"])
    w.token.answers[fake.LIST] = listing()
    _, out, _ = expect(w, verb + ["--json"], 44, err="No items found.\n")
    same("json of nothing", json.loads(out), [])


def export_writes_files_that_stay_in_their_folder(w, c):
    out = w.prefix + "/out"
    os.mkdir(out)
    os.symlink(w.prefix + "/victim", out + "/Certificate For A.pem")
    w.token.answers[fake.LIST] = listing(Card(1, ID, [
        Item(0x9a, c.auth, "A", KEY), Item(0x9c, c.mgmt, "A", KEY),
        Item(0x9d, c.auth, "../../../etc/x", KEY)]))
    expect(w, ["security", "export-smartcard", "-e", out], 0, "", "")
    same("files", sorted(os.listdir(out)), [
        "Certificate For .._.._.._etc_x.pem",
        "Certificate For A (2).pem", "Certificate For A.pem",
        "Public Key - Certificate For .._.._.._etc_x.pem",
        "Public Key - Certificate For A (2).pem",
        "Public Key - Certificate For A.pem"])
    same("certificate", open(out + "/Certificate For A.pem").read(),
         c.auth.pem)
    same("the other", open(out + "/Certificate For A (2).pem").read(),
         c.mgmt.pem)
    same("key", open(out + "/Public Key - Certificate For A.pem").read(),
         c.auth.spki_pem)
    same("a link is replaced, not followed",
         os.path.exists(w.prefix + "/victim"), False)
    expect(w, ["security", "export-smartcard", "-e", out + "/none"], 1, "")


def wrong_usage_is_exit_code_2(w, c):
    for argv in (["security"], ["security", "nothing"],
                 ["security", "list-smartcards", "x"],
                 ["security", "export-smartcard", "-t", "keys"],
                 ["security", "export-smartcard", "-t", "certs", "-e", "/"],
                 ["security", "export-smartcard", "token", "-i", ID],
                 ["security", "smartcards"],
                 ["security", "smartcards", "token"],
                 ["security", "smartcards", "token", "-l", "-e", "x"],
                 ["sc_auth"], ["sc_auth", "pair", "-u", USER],
                 ["sc_auth", "pair", "-u", USER, "-h", "12"],
                 ["sc_auth", "pair", "-u", "../x", "-h", c.hash],
                 ["sc_auth", "pairing_ui", "-s", "perhaps"],
                 ["system_profiler", "SPUSBDataType"],
                 ["system_profiler", "-nothing"]):
        _, out, err = expect(w, argv, 2)
        same(f"{argv}: standard output", out, "")
        assert err, argv


def help_and_version_are_exit_code_0(w, c):
    for name in w.programs:
        for option in ("--help", "--version"):
            _, out, err = expect(w, [name, option], 0, err="")
            assert name in out, (name, option)


def smartcards_token_edits_the_list(w, c):
    verb = ["security", "smartcards", "token"]
    a, b = "com.example.a", "com.example.b"
    expect(w, verb + ["-l"], 0, "", "")
    expect(w, verb + ["-d", a], 0, "", "")
    expect(w, verb + ["-d", b], 0, "", "")
    expect(w, verb + ["-d", a], 0, "Token is already disabled.\n", "")
    expect(w, verb + ["-l"], 0, f'\t"{a}"\n\t"{b}"\n', "")
    expect(w, verb + ["-e", a], 0, "", "")
    expect(w, verb + ["-e", a], 0, "Token is already enabled.\n", "")
    expect(w, verb + ["-l"], 0, f'\t"{b}"\n', "")
    # what would make the file of all preferences unreadable stays out of it
    for odd in ("", "a\x1b[2J", "a\nb", "\u202ea", "a" * 300):
        _, _, err = expect(w, verb + ["-d", odd], 2, "")
        assert "no driver's id" in err and "\x1b" not in err, err
    expect(w, verb + ["-l"], 0, f'\t"{b}"\n', "")


def edits_at_the_same_time_lose_nothing(w, c):
    verb = ["security", "smartcards", "token"]
    names = [f"com.example.{i:02}" for i in range(16)]
    for option, left in (("-d", names), ("-e", [])):
        many = [subprocess.Popen(w.argv(*verb, option, n)) for n in names]
        for p in many:
            same("exit code", p.wait(60), 0)
        _, out, _ = expect(w, verb + ["-l"], 0)
        same(f"after {option}", sorted(out.split()),
             [f'"{n}"' for n in left])


def a_profiles_list_is_not_edited(w, c):
    verb = ["security", "smartcards", "token"]
    folder = f"{w.prefix}/etc/SmartCardServices/managed"
    os.makedirs(folder)
    with open(f"{folder}/com.apple.security.smartcard.plist", "wb") as f:
        plistlib.dump({"DisabledTokens": ["com.example.a"]}, f)
    expect(w, verb + ["-d", "com.example.a"], 0, "Token is already disabled.\n")
    for edit in (["-e", "com.example.a"], ["-d", "com.example.b"]):
        _, _, err = expect(w, verb + edit, 1, "")
        assert "an installed profile says" in err, err


def a_full_disk_costs_nothing_that_was_there(w, c):
    verb = ["security", "smartcards", "token"]
    expect(w, verb + ["-d", "com.example.a"], 0)

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
    r = subprocess.run(w.argv(*verb, "-d", "com.example.b"), timeout=60,
                       capture_output=True, preexec_fn=full)
    same("exit code", r.returncode, 1)
    assert b"the disk is full" in r.stderr, r.stderr
    expect(w, verb + ["-l"], 0, '\t"com.example.a"\n')
    folder = f"{w.prefix}/etc/SmartCardServices/preferences"
    same("files", sorted(os.listdir(folder)),
         [".lock", "com.apple.security.smartcard.plist"])


def who_may_only_look_holds_nobody_up(w, c):
    """A lock on a folder that everybody can open is everybody's."""
    verb = ["security", "smartcards", "token"]
    expect(w, verb + ["-d", "com.example.a"], 0)
    folder = f"{w.prefix}/etc/SmartCardServices/preferences"
    fd = os.open(folder, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    expect(w, verb + ["-d", "com.example.b"], 0)
    os.close(fd)
    for name in os.listdir(folder):
        mode = os.stat(f"{folder}/{name}").st_mode & 0o777
        same(name, mode, 0o644 if name.endswith(".plist") else 0o600)


# ---- sc_auth

def identities_are_paired_or_not(w, c):
    other = Item(0x9a, c.mgmt, "PIV Authentication (Bob)",
                 KEY | SIGN | LOGIN_KEY)
    w.token.answers[fake.LIST] = listing(c.jane, Card(2, ID2, [other]))
    w.auth.answers[fake.USER_OF] = (
        lambda body, _: users("alice") if body == text(c.hash) else users())
    expect(w, ["sc_auth", "identities"], 0,
           f"SmartCard: {ID}\n"
           "Paired identities which are used for authentication:\n"
           f"{c.hash}\talice - Certificate For {LABEL9A}\n"
           f"SmartCard: {ID2}\nUnpaired identities:\n"
           f"{c.mgmt.pkhh.hex().upper()}\tCertificate For {other.label}\n",
           "")
    _, out, _ = expect(w, ["sc_auth", "identities", "--json"], 0)
    same("json", json.loads(out)[0], {
        "smartcard": ID, "reader": "Reader 00", "problems": [],
        "identities": [{"hash": c.hash, "label": "Certificate For " + LABEL9A,
                        "users": ["alice"]}]})


def identities_say_what_a_card_lacks(w, c):
    w.token.answers[fake.LIST] = listing(
        Card(1, ID, [c.wrap], problems=["slot 9A is empty: no login"]),
        Card(2, ID2, [c.wrap]))
    expect(w, ["sc_auth", "identities"], 0, "",
           f'sc_auth: token "{ID}": slot 9A is empty: no login\n'
           f'sc_auth: token "{ID2}": no login identity: it cannot be '
           'paired\n')


def identities_without_cards_print_nothing(w, c):
    """On standard output, as the original; a person is told beside it."""
    w.token.answers[fake.LIST] = listing()
    expect(w, ["sc_auth", "identities"], 0, "",
           "sc_auth: no smart card that we know is in a reader\n")
    _, out, _ = expect(w, ["sc_auth", "identities", "--json"], 0, err="")
    same("json", json.loads(out), [])


def identities_believe_no_answer(w, c):
    w.token.answers[fake.LIST] = listing(c.jane)
    for answer in (None, users("a\nb"), users(""), users(*"abcdefghijklmnopq"),
                   fake.frame(fake.USERS, u16(9)), pair_result(1),
                   fake.frame(fake.USERS, u16(0), b"secret"),
                   Cut(users("x")[:-1]), b"\xff" * 100):
        w.auth.answers[fake.USER_OF] = answer
        _, out, err = expect(w, ["sc_auth", "identities"], 3, "")
        assert "scs-authd" in err, err


def pair_writes_the_record(w, c):
    record = f"{w.prefix}/etc/SmartCardServices/directory/users/{USER}.plist"
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1, label="L")
    argv = ["sc_auth", "pair", "-u", USER, "-h", c.hash]
    expect(w, argv[:-1] + [c.hash.lower()], 0,
           f"User was successfully paired (public key hash: {c.hash})\n", "")
    same("asked", w.auth.asked[-1],
         (fake.PAIR_CHECK, text(USER) + text(c.hash) + u8(0), b""))
    same("record", plistlib.load(open(record, "rb")),
         {"AuthenticationAuthority": [f";tokenidentity;{c.hash}"]})
    expect(w, ["sc_auth", "list", "-u", USER], 0, f"Hash: {c.hash}\n", "")
    expect(w, ["sc_auth", "list"], 0, f"Hash: {c.hash}\n", "")
    _, out, _ = expect(w, ["sc_auth", "list", "--json"], 0)
    same("json", json.loads(out), [c.hash])
    expect(w, argv + ["-v"], 0,
           f"User was successfully paired (public key hash: {c.hash})\n"
           f"User: {USER}\nCertificate: L\n", "")
    expect(w, ["sc_auth", "list"], 0, f"Hash: {c.hash}\n", "")


def pair_without_keyring_key_warns(w, c):
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1, notes=1)
    expect(w, ["sc_auth", "pair", "-u", USER, "-h", c.hash], 0,
           f"User was successfully paired (public key hash: {c.hash})\n",
           "Failed to store Login keychain unlock key. No suitable "
           "key was found on the selected SmartCard.\n")


def pairings_at_the_same_time_keep_to_one_card_per_user(w, c):
    """scs-authd saw no other card when either of them asked."""
    hashes, both = [c.hash, "0" * 40], threading.Barrier(2, timeout=60)

    def answer(body, _):
        both.wait()
        return pair_result(1, notes=2)
    w.auth.answers[fake.PAIR_CHECK] = answer
    many = [subprocess.Popen(w.argv("sc_auth", "pair", "-u", USER, "-h", h),
                             stderr=subprocess.PIPE, text=True)
            for h in hashes]
    said = [p.communicate(timeout=120)[1] for p in many]
    same("exit codes", sorted(p.returncode for p in many), [0, 1])
    assert "oneCardPerUser" in "".join(said), said
    _, out, _ = expect(w, ["sc_auth", "list"], 0)
    same("pairings", out.count("Hash:"), 1)
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1, notes=2)
    held = out.split()[1]
    expect(w, ["sc_auth", "pair", "-u", USER, "-h", held], 0)
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1)
    for h in hashes:
        expect(w, ["sc_auth", "pair", "-u", USER, "-h", h], 0)


def pair_proves_the_key_when_asked(w, c):
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1)
    argv = ["sc_auth", "pair", "-u", USER, "-h", c.hash, "--pin"]
    expect(w, argv, 0, stdin="123456\n")
    same("PIN", w.auth.asked[-1][2], b"123456")
    asked = len(w.auth.asked)
    expect(w, argv, 1, "", stdin="\n")
    same("without a PIN nobody is asked", len(w.auth.asked), asked)


def pair_refused_writes_nothing(w, c):
    folder = f"{w.prefix}/etc/SmartCardServices/directory/users"
    argv = ["sc_auth", "pair", "-u", USER, "-h", c.hash]
    for verdict, status in ((0, 1), (2, 44), (3, 1), (4, 1), (5, 4), (6, 5),
                            (7, 1), (8, 1), (9, 3), (10, 1), (999, 1)):
        w.auth.answers[fake.PAIR_CHECK] = pair_result(verdict, "because")
        expect(w, argv, status, "",
               f"Cannot pair user (public key hash: {c.hash}). "
               "because\n")
    for answer in (None, Cut(pair_result(1)[:-1]), users(),
                   fake.frame(fake.PAIR_RESULT, u16(1)),
                   fake.frame(fake.PAIR_RESULT, pair_result(1)[8:] + b"x")):
        w.auth.answers[fake.PAIR_CHECK] = answer
        expect(w, argv, 3, "")
    same("records", os.path.exists(f"{folder}/{USER}.plist"), False)


def unpair_removes_one_or_all(w, c):
    w.auth.answers[fake.PAIR_CHECK] = pair_result(1)
    other = c.mgmt.pkhh.hex().upper()
    for h in (c.hash, other):
        expect(w, ["sc_auth", "pair", "-u", USER, "-h", h], 0)
    expect(w, ["sc_auth", "unpair", "-u", USER, "-h", other], 0, "", "")
    expect(w, ["sc_auth", "list", "-u", USER], 0, f"Hash: {c.hash}\n")
    expect(w, ["sc_auth", "unpair", "-u", USER, "-h", other], 44, "",
           f'sc_auth: user "{USER}": not paired with {other}\n')
    expect(w, ["sc_auth", "pair", "-u", USER, "-h", other], 0)
    expect(w, ["sc_auth", "unpair", "-v"], 0,
           f"Removed 2 pairings of user {USER}\n", "")
    expect(w, ["sc_auth", "list"], 0, "", "")
    expect(w, ["sc_auth", "unpair"], 44, "",
           f'sc_auth: user "{USER}": not paired with any card\n')


def list_of_nobody_is_exit_code_44(w, c):
    expect(w, ["sc_auth", "list", "-u", "no-such-user"], 44, "")
    expect(w, ["sc_auth", "list", "-d", "/LDAPv3/x"], 1, "")


def pairing_ui_is_a_preference(w, c):
    verb = ["sc_auth", "pairing_ui", "-s"]
    expect(w, verb + ["status"], 0, "SmartCard Pairing dialog is enabled.\n")
    expect(w, verb + ["disable"], 0, "", "")
    expect(w, verb + ["status"], 0, "SmartCard Pairing dialog is disabled.\n")
    expect(w, verb + ["enable"], 0, "", "")
    expect(w, verb + ["status"], 0, "SmartCard Pairing dialog is enabled.\n")


VERIFYING = "Verifying PIN of SmartCard in reader Reader 00\n"


def with_pin_card(w, c, tries, login=ok()):
    w.token.answers.update({fake.LIST: listing(c.jane),
                            fake.TRIES: ok(u8(tries)), fake.LOGIN: login,
                            fake.LOGOUT: ok()})


def kinds(service):
    return [a[0] for a in service.asked]


def verifypin_presents_the_pin_once_and_logs_out(w, c):
    with_pin_card(w, c, 3)
    expect(w, ["sc_auth", "verifypin", "-t", ID], 0,
           VERIFYING + "PIN is correct\n", "", stdin="123456\n")
    same("requests", kinds(w.token),
         [fake.SETTLED, fake.LIST, fake.TRIES, fake.SETTLED, fake.LIST,
          fake.LOGIN, fake.LOGOUT])
    same("PIN", w.token.asked[5], (fake.LOGIN, b"\0" * 7 + b"\1", b"123456"))


def closed_descriptors_are_nobody_elses(w, c):
    """What is said on standard output or error does not go into the socket that
    would get its number."""
    with_pin_card(w, c, 3)
    for closed, status in ((">&-", 1), ("2>&-", 0), (">&- 2>&-", 1)):
        r = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh",
             *w.argv("sc_auth", "verifypin")], input=b"123456\n",
            capture_output=True, timeout=60)
        same(f"{closed}: exit code", r.returncode, status)
        same(f"{closed}: error", r.stderr.decode(),
             "sc_auth: standard output: could not be written\n"
             if closed == ">&-" else "")
    same("each was presented", kinds(w.token).count(fake.LOGIN), 3)
    r = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh",
                        *w.argv("sc_auth", "verifypin")],
                       capture_output=True, timeout=60)
    same("no standard input", r.returncode, 1)
    r = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh",
                        *w.argv("system_profiler")],
                       capture_output=True, timeout=60)
    same("system_profiler", r.returncode, 1)
    same("no more PINs", kinds(w.token).count(fake.LOGIN), 3)


def verifypin_wrong_tells_the_tries_left(w, c):
    for left, words in ((2, ", 2 tries left"), (1, ", 1 try left"),
                        (fake.UNKNOWN, "")):
        with_pin_card(w, c, 3, refusal(fake.PIN_WRONG, "VERIFY: wrong", left))
        expect(w, ["sc_auth", "verifypin"], 4, VERIFYING,
               f'sc_auth: token "{ID}": PIN rejected{words}: VERIFY: wrong\n',
               stdin="654321\n")
    same("one each", kinds(w.token).count(fake.LOGIN), 3)


def verifypin_blocked_asks_for_nothing(w, c):
    with_pin_card(w, c, 0)
    _, _, err = expect(w, ["sc_auth", "verifypin"], 5, VERIFYING,
                       stdin="123456\n")
    assert "blocked" in err and "changepin -u" in err, err
    same("requests", kinds(w.token), [fake.SETTLED, fake.LIST, fake.TRIES])


def verifypin_last_try_wants_a_yes(w, c):
    with_pin_card(w, c, 1)
    for stdin in ("123456\n", "yes\n123456\n", "123456\nyes\n"):
        _, _, err = expect(w, ["sc_auth", "verifypin"], 1, VERIFYING,
                           stdin=stdin)
        assert "--last-try" in err, err
    same("never presented", fake.LOGIN in kinds(w.token), False)
    expect(w, ["sc_auth", "verifypin", "--last-try"], 0, stdin="123456\n")


def verifypin_takes_no_pin_as_argument(w, c):
    with_pin_card(w, c, 3)
    for argv in (["-p", "123456"], ["-p123456"]):
        _, out, err = expect(w, ["sc_auth", "verifypin", *argv], 2, "")
        assert "123456" not in err and "command line" in err, err
    same("nothing was asked", w.token.asked, [])


def verifypin_must_know_which_card(w, c):
    with_pin_card(w, c, 3)
    w.token.answers[fake.LIST] = listing(c.jane, Card(2, ID2, [c.wrap]))
    expect(w, ["sc_auth", "verifypin"], 1, "", stdin="123456\n")
    w.token.answers[fake.LIST] = listing(c.jane, Card(2, ID, [c.wrap],
                                                      reader="Reader 01"))
    _, _, err = expect(w, ["sc_auth", "verifypin", "-t", ID], 1, "",
                       stdin="123456\n")
    assert "Reader 00" in err and "Reader 01" in err, err
    expect(w, ["sc_auth", "verifypin", "-t", ID2], 44, "", stdin="123456\n")
    w.token.answers[fake.LIST] = listing()
    expect(w, ["sc_auth", "verifypin"], 44, "", stdin="123456\n")
    same("never presented", fake.LOGIN in kinds(w.token), False)


def no_pin_goes_to_a_card_that_has_a_copy(w, c):
    """Nor one to it, whichever is named; also if it comes during the prompt."""
    with_pin_card(w, c, 3)
    w.token.answers.update({fake.CHANGE_PIN: ok(), fake.UNBLOCK: ok()})
    alone = listing(c.jane)
    both = listing(Card(2, ID2, [c.login], reader="Reader 01"), c.jane)
    for first in (both, alone):
        for verb in (["verifypin"], ["changepin"],
                     ["changepin", "-u", "--last-try"]):
            lists = iter([first, both])
            w.token.answers[fake.LIST] = lambda *_: next(lists)
            _, _, err = expect(w, ["sc_auth", *verb, "-t", ID], 1,
                               stdin="123456\n76543210\n")
            for part in ("Reader 00", "Reader 01", "take out the card"):
                assert part in err, err
    same("never presented", {fake.LOGIN, fake.CHANGE_PIN, fake.UNBLOCK} &
         set(kinds(w.token)), set())
    w.token.answers[fake.LIST] = listing(Card(2, ID2, [c.wrap]), c.jane)
    expect(w, ["sc_auth", "verifypin", "-t", ID], 0, stdin="123456\n")


def verifypin_without_a_pin_presents_none(w, c):
    with_pin_card(w, c, 3)
    for stdin in ("", "\n", "1" * 64 + "\n"):
        expect(w, ["sc_auth", "verifypin"], 1, VERIFYING, stdin=stdin)
    same("never presented", fake.LOGIN in kinds(w.token), False)


def verifypin_with_a_pin_pad_asks_no_one(w, c):
    with_pin_card(w, c, 3)
    w.token.answers[fake.LIST] = listing(Card(1, ID, [c.login], flags=3))
    expect(w, ["sc_auth", "verifypin"], 0,
           VERIFYING + "Use the keys of the reader.\nPIN is correct\n", "")
    same("no secret", w.token.asked[5][1:], (b"\0" * 7 + b"\1", b""))


CHANGING = "Changing PIN of SmartCard in reader Reader 00\n"


def changepin_sends_both_at_once(w, c):
    with_pin_card(w, c, 3)
    w.token.answers[fake.CHANGE_PIN] = ok()
    expect(w, ["sc_auth", "changepin"], 0, CHANGING + "PIN was changed\n", "",
           stdin="123456\n76543210\n")
    same("request", w.token.asked[-1], (fake.CHANGE_PIN,
         b"\0" * 7 + b"\1\6", b"12345676543210"))
    w.token.answers[fake.CHANGE_PIN] = refusal(fake.PIN_WRONG, "", 2)
    expect(w, ["sc_auth", "changepin"], 4, CHANGING,
           f'sc_auth: token "{ID}": PIN rejected, 2 tries left\n',
           stdin="123456\n76543210\n")


def changepin_with_puk_wants_a_yes(w, c):
    with_pin_card(w, c, 0)
    w.token.answers[fake.UNBLOCK] = ok()
    _, _, err = expect(w, ["sc_auth", "changepin", "-u"], 1, CHANGING,
                       stdin="12345678\n123456\n")
    same("not presented", kinds(w.token), [fake.SETTLED, fake.LIST])
    expect(w, ["sc_auth", "changepin", "-u", "--last-try"], 0,
           CHANGING + "PIN was changed\n", stdin="12345678\n123456\n")
    same("request", w.token.asked[-1], (fake.UNBLOCK,
         b"\0" * 7 + b"\1\x08", b"12345678123456"))
    w.token.answers[fake.UNBLOCK] = refusal(fake.PIN_WRONG, "", 1)
    expect(w, ["sc_auth", "changepin", "-u", "--last-try"], 4, CHANGING,
           f'sc_auth: token "{ID}": PUK rejected, 1 try left\n',
           stdin="12345678\n123456\n")


# ---- at a terminal

class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(argv[0], argv)
        self.seen = ""

    def until(self, part, seconds=60):
        end = time.monotonic() + seconds
        while part not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if ready:
                try:
                    self.seen += os.read(self.fd, 4096).decode()
                except OSError:
                    break
            assert time.monotonic() < end, f"no {part!r} in {self.seen!r}"
        assert part in self.seen, f"no {part!r} in {self.seen!r}"

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def echo(self):
        return termios.tcgetattr(self.fd)[3] & termios.ECHO != 0

    def end(self):
        """The rest of the output, and the exit code."""
        try:
            while part := os.read(self.fd, 4096):
                self.seen += part.decode()
        except OSError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def terminal_does_not_show_the_pin(w, c):
    with_pin_card(w, c, 3)
    t = Terminal(w.argv("sc_auth", "verifypin"))
    t.until("Enter PIN: ")
    same("echo", t.echo(), False)
    t.type("98\x7f\x7f123456\r")
    same("exit code", t.end(), 0)
    same("PIN", w.token.asked[5][2], b"123456")
    assert "1" not in t.seen.split("Enter PIN")[1].split("PIN is")[0], t.seen


def terminal_is_put_back_after_control_c(w, c):
    with_pin_card(w, c, 3)
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        import fcntl
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        argv = w.argv("sc_auth", "verifypin")
        os.execv(argv[0], argv)
    seen = b""
    while b"Enter PIN: " not in seen:
        seen += os.read(master, 4096)
    os.write(master, b"12\x03")
    _, status = os.waitpid(pid, 0)
    same("exit code", os.waitstatus_to_exitcode(status), 1)
    same("terminal", termios.tcgetattr(slave), before)
    same("never presented", fake.LOGIN in kinds(w.token), False)
    os.close(master)
    os.close(slave)


def terminal_last_try_after_yes_alone(w, c):
    with_pin_card(w, c, 1)
    for answer in ("no", "y", "", "yes please"):
        t = Terminal(w.argv("sc_auth", "verifypin"))
        t.until("Type yes to go on: ")
        t.type(answer + "\n")
        same(f"exit code after {answer!r}", t.end(), 1)
    same("never presented", fake.LOGIN in kinds(w.token), False)
    t = Terminal(w.argv("sc_auth", "verifypin"))
    t.until("Type yes to go on: ")
    t.type("yes\n")
    t.until("Enter PIN: ")
    t.type("123456\r")
    same("exit code", t.end(), 0)
    same("presented once", kinds(w.token).count(fake.LOGIN), 1)


def terminal_new_pin_is_asked_twice(w, c):
    with_pin_card(w, c, 3)
    w.token.answers[fake.CHANGE_PIN] = ok()
    for again, status in (("222222", 0), ("222223", 1)):
        t = Terminal(w.argv("sc_auth", "changepin"))
        t.until("Enter current PIN: ")
        t.type("123456\r")
        t.until("Enter new PIN: ")
        t.type("222222\r")
        t.until("Enter new PIN again: ")
        t.type(again + "\r")
        same("exit code", t.end(), status)
    same("changed once", kinds(w.token).count(fake.CHANGE_PIN), 1)


# ---- services that fail or lie

def services_that_do_not_run_are_exit_code_3(w, c):
    w.token.close()
    for argv in (["security", "list-smartcards"],
                 ["security", "export-smartcard"], ["sc_auth", "identities"],
                 ["sc_auth", "verifypin"]):
        _, out, err = expect(w, argv, 3, "")
        assert "start scsd" in err, err
    w.token = fake.Service(w.token.path)
    w.token.answers[fake.LIST] = listing(c.jane)
    w.auth.close()
    expect(w, ["sc_auth", "identities"], 3, "")
    expect(w, ["sc_auth", "pair", "-u", USER, "-h", c.hash], 3, "")
    w.auth = fake.Service(w.auth.path)


def token_service_is_not_believed(w, c):
    good = listing(c.jane)
    body = good[8:]
    bad_label = Card(1, ID, [Item(0x9a, c.auth, "a\x1b[2Jb", KEY)])
    for why, answer, status in (
            ("no answer", None, 3),
            ("cut frame", Cut(good[:-1]), 3),
            ("a token too many", fake.frame(0x80, u16(0) + u16(2) + body[4:]),
             1),
            ("65535 tokens", fake.frame(0x80, u16(0) + u16(65535) + body[4:]),
             1),
            ("a byte after it", fake.frame(0x80, body + b"x"), 1),
            ("an escape in a label", listing(bad_label), 1),
            ("a larger frame than any", b"\xff\xff\xff\xff\0\x80\0\0", 3),
            ("another type", fake.frame(0x81, body), 3),
            ("a secret", fake.frame(0x80, body, b"x"), 3),
            ("an unknown failure", refusal(999, "no\u00e9"), 1),
            ("not allowed", refusal(fake.DENIED, "not on this seat"), 1)):
        w.token.answers[fake.LIST] = answer
        for argv in (["security", "list-smartcards"],
                     ["security", "export-smartcard"],
                     ["sc_auth", "identities"]):
            got = w.run(*argv)
            same(f"{why}: {argv}", got[:2], (status, ""))
            assert "\x1b" not in got[2] and got[2].count("\n") == 1, got
        status_, out, _ = w.run("system_profiler")
        same(f"{why}: system_profiler", status_, status)
        assert "\x1b" not in out and "SmartCard Drivers" in out


def full_disk_is_not_success(w, c):
    w.token.answers[fake.LIST] = listing(c.jane)
    with open("/dev/full", "w") as full:
        r = subprocess.run(w.argv("security", "list-smartcards"), stdout=full,
                           stderr=subprocess.PIPE)
    same("exit code", r.returncode, 1)
    assert b"could not be written" in r.stderr, r.stderr


# ---- system_profiler

ATR = "3bfd1300008131fe158073c021c057597562694b657940"
DRIVER = "com.apple.CryptoTokenKit.pivtoken"


def reader_states(w):
    present = 0x04
    w.readers.states = [
        (b"Yubico YubiKey 00", 1, present, 0, bytes.fromhex(ATR), 23, 2),
        (b"Empty \x1b[2J Reader 01", 0, 0x02, 0, b"", 0, 0)]


def rows(c):
    def kind(cert, word, usage):
        return (f"Kind: private {word}-bit, Certificate: <{cert.pkhh.hex()}>, "
                f"Usage:{usage}")

    def identity_row(cert, *k):
        return (kind(cert, *k) + f"\nValid from: {cert.dates[0]} to: "
                f"{cert.dates[1]}, SSL trust: not evaluated, X509 trust: not "
                f"evaluated\n\n{cert.pem}")

    rsa, ec = ("RSA 2048", " Sign"), ("ECC 256", " Derive")
    keychain = [identity_row(c.auth, *rsa), identity_row(c.mgmt, *ec)]
    token = [f"9A: Certificate For {LABEL9A}, " + kind(c.auth, *rsa),
             f"9D: Certificate For {LABEL9D}, " + kind(c.mgmt, *ec),
             "Problem: slot 9C is empty: no signing"]
    return keychain, token


def profile(w, c):
    """The report as its readers expect it."""
    keychain, token = rows(c)
    reader = [f"Yubico YubiKey 00 (ATR:{{length = 23, bytes = 0x{ATR}}})",
              "Empty ?[2J Reader 01"]
    _, out, _ = w.run("system_profiler", "-json")
    driver = json.loads(out)["SPSmartCardsDataType"][2]["#01"]
    assert driver.startswith(DRIVER + ":") and driver.endswith("-worker)")
    bundle = (f"org.example.ifd:1.2.3 ({w.prefix}/usr/lib/pcsc/drivers/"
              "ifd-example.bundle)")
    broken = (f"(null):(null) ({w.prefix}/usr/lib/pcsc/drivers/"
              "ifd-zbroken.bundle)")

    def group(name, lines):
        return {"_name": name, **{f"#{i:02}": l
                                  for i, l in enumerate(lines, 1)}}

    return [group("READERS", reader), group("READERS_DRIVERS",
                                            [bundle, broken]),
            group("SMARTCARDS_DRIVERS", [driver]),
            {"_name": "AVAIL_SMARTCARDS_KEYCHAIN",
             "_items": [group(ID, keychain)]},
            {"_name": "AVAIL_SMARTCARDS_TOKEN", "_items": [group(ID, token)]}]


TITLES = {"READERS": "Readers", "READERS_DRIVERS": "Reader Drivers",
          "SMARTCARDS_DRIVERS": "SmartCard Drivers",
          "AVAIL_SMARTCARDS_KEYCHAIN": "Available SmartCards (keychain)",
          "AVAIL_SMARTCARDS_TOKEN": "Available SmartCards (token)"}


def as_text(sections):
    out = "SmartCards:\n\n"
    for s in sections:
        out += f"    {TITLES[s['_name']]}:\n\n"
        for k, v in s.items():
            if k[0] == "#":
                out += f"      {k}: {v}\n"
        if "#01" in s:
            out += "\n"
        for g in s.get("_items", []):
            out += f"        {g['_name']}:\n\n"
            out += "".join(f"          {k}: {v}\n" for k, v in g.items()
                           if k[0] == "#") + "\n"
    return out


def profiler_reports_in_three_forms(w, c):
    reader_states(w)
    w.token.answers[fake.LIST] = listing(
        Card(1, ID, [c.login, c.wrap],
             problems=["slot 9C is empty: no signing"]))
    for name, plist in (("example", plistlib.dumps({
            "CFBundleIdentifier": "org.example.ifd",
            "CFBundleShortVersionString": "1.2.3"})), ("zbroken", b"<plist")):
        at = f"{w.prefix}/usr/lib/pcsc/drivers/ifd-{name}.bundle/Contents"
        os.makedirs(at)
        open(at + "/Info.plist", "wb").write(plist)
    want = profile(w, c)
    _, out, _ = expect(w, ["system_profiler", "SPSmartCardsDataType",
                           "-json"], 0)
    same("json", json.loads(out), {"SPSmartCardsDataType": want})
    _, out, _ = expect(w, ["system_profiler", "-xml", "-detailLevel", "full"],
                       0)
    same("xml", plistlib.loads(out.encode()),
         [{"_dataType": "SPSmartCardsDataType", "_items": want}])
    expect(w, ["system_profiler", "SPSmartCardsDataType"], 0, as_text(want))


def profiler_keychain_has_cards_with_identities_alone(w, c):
    """As security list-smartcards; the token section has all of them."""
    w.token.answers[fake.LIST] = listing(Card(1, ID, [], problems=["empty"]))
    _, out, _ = expect(w, ["system_profiler", "-json"], 0)
    sections = json.loads(out)["SPSmartCardsDataType"]
    same("keychain", sections[3].get("_items", []), [])
    same("token", sections[4]["_items"],
         [{"_name": ID, "#01": "Problem: empty"}])


def profiler_says_who_may_not_see_readers(w, c):
    if os.geteuid() != 0:
        return
    w.token.answers[fake.LIST] = listing()
    os.chmod(f"{w.prefix}/run/scs/token.sock", 0o666)
    os.chmod(f"{w.prefix}/run/pcscd/pcscd.comm", 0o600)
    try:
        r = subprocess.run(w.argv("system_profiler"), user="nobody",
                           capture_output=True, timeout=60)
    except PermissionError:  # he cannot reach the program
        return
    same("standard error", r.stderr.decode(),
         "system_profiler: readers: this user may not use them: no active "
         "session at their seat, and in no group that is let in\n")


def profiler_marks_a_disabled_driver(w, c):
    w.token.answers[fake.LIST] = listing()
    expect(w, ["security", "smartcards", "token", "-d", DRIVER], 0)
    _, out, _ = expect(w, ["system_profiler"], 0)
    assert "-worker) disabled\n" in out, out


def profiler_survives_a_certificate_that_is_none(w, c):
    bad = fake.Certificate.__new__(fake.Certificate)
    bad.__dict__.update(c.auth.__dict__, der=b"\x30\x82\xff\xff" + b"x" * 99)
    w.token.answers[fake.LIST] = listing(
        Card(1, ID, [Item(0x9a, bad, LABEL9A, KEY | SIGN), c.wrap]))
    _, out, _ = expect(w, ["system_profiler"], 0)
    assert "\nValidity unknown: " in out, out
    assert c.mgmt.pem in out, out


TESTS = [f for n, f in list(globals().items())
         if callable(f) and getattr(f, "__code__", None) is not None and
         f.__code__.co_varnames[:2] == ("w", "c") and
         f.__code__.co_argcount == 2 and n not in ("profile",)]


def main(argv):
    programs = dict(zip(("sc_auth", "security", "system_profiler"), argv))
    wanted, failed = argv[3:], 0
    first = fake.World(programs)
    cards = Cards(first.prefix)
    first.close()
    for test in TESTS:
        if wanted and test.__name__ not in wanted:
            continue
        w = fake.World(programs)
        try:
            test(w, cards)
            print("ok", test.__name__, flush=True)
        except AssertionError as e:
            failed += 1
            print("FAILED", test.__name__, e, flush=True)
        finally:
            w.close()
    print(f"{len(TESTS)} tests, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main([os.path.abspath(a) if os.path.exists(a) else a
                   for a in sys.argv[1:]]))
