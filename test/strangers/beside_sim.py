# SPDX-License-Identifier: BSD-2-Clause
"""Programs that know another card than ours: a telephone's SIM, which speaks
T=0. wpa_supplicant's EAP-SIM asks it for triplets, gnokii for its phone book;
each has PC/SC calls of its own, and each line that it prints is a result."""
import os

import beside_rig as rig
from beside_programs import run

PIN = b"1234" + b"\xff" * 4
MF, GSM, IMSI, TELECOM, BOOK = (bytes.fromhex(x) for x in (
    "3f00", "7f20", "6f07", "7f10", "6f3a"))
DIRECTORY = bytes(13) + b"\0" + bytes(9)  # CHV1 is enabled
FILES = {
    MF: DIRECTORY, GSM: DIRECTORY, TELECOM: DIRECTORY,
    IMSI: bytes.fromhex("0000000904000000000000") + bytes(4),
    BOOK: bytes.fromhex("0000003c04000000000000") + b"\1\1\x1e\0",
}
NAME = b"Alice".ljust(16, b"\xff") + bytes.fromhex("04812143") + b"\xff" * 10


class Sim:
    def __init__(self):
        self.file, self.waits = MF, b""

    def later(self, data):
        self.waits = data
        return bytes([0x9f, len(data)])

    def select(self, apdu):
        if apdu[5:7] not in FILES:
            return b"\x94\x04"
        self.file = apdu[5:7]
        return self.later(FILES[self.file])

    def verify(self, apdu):
        return b"\x90\x00" if apdu[5:] == PIN else b"\x98\x04"

    def run_gsm(self, apdu):
        return self.later(bytes(x ^ 0x5a for x in apdu[5:17]))

    def read(self, apdu):
        data = bytes.fromhex("082943051032547698")
        if self.file == BOOK:
            data = NAME if apdu[2] == 1 else b"\xff" * 30
        return data[:apdu[4]] + b"\x90\x00"

    def get_response(self, apdu):
        return self.waits[:apdu[4]] + b"\x90\x00"

    def __call__(self, slot, arg, apdu, room):
        does = {0xa4: self.select, 0x20: self.verify, 0x88: self.run_gsm,
                0xb0: self.read, 0xb2: self.read, 0xc0: self.get_response}
        if apdu[0] != 0xa0:
            return 0, b"\x6e\x00"
        return 0, does.get(apdu[1], lambda _: b"\x6d\x00")(apdu)


def a_sim(t):
    t.puppet.answer[rig.TRANSMIT] = Sim()
    t.card(rig.T0)


def eap_sim(t):
    a_sim(t)
    run(t, "triplets", "eapol_test", "sim", "1234", "3", "debug")
    run(t, "wrong PIN", "eapol_test", "sim", "4321", "1", "debug")
    t.say("what the card was sent", [
        d.hex() for c, _, d in t.puppet.seen if c == rig.TRANSMIT])


def gnokii(t):
    a_sim(t)
    os.makedirs(f"{t.dir}/.config/gnokii", exist_ok=True)
    with open(f"{t.dir}/gnokii.conf", "w") as f:
        f.write("[global]\nmodel = APDU\nconnection = libpcsclite\n"
                f"port = {rig.READER}\n[logging]\ndebug = on\n")
    for args in (["--identify"], ["--getphonebook", "SM", "1", "3"],
                 ["--getsms", "SM", "1"]):
        run(t, args[0], "gnokii", "--config", f"{t.dir}/gnokii.conf", *args)


PROBES = [eap_sim, gnokii]
