# SPDX-License-Identifier: BSD-2-Clause
"""A program that does what libpcsclite allows and nobody should
(wrongheaded.c), on both."""
import beside_rig as rig
import stack
from beside_programs import watched

FEATURES = {0x42000D48: bytes.fromhex("060442330006120442330012200442330020"),
            0x42330002: bytes.fromhex("0a0107"), 0x42000009: b""}
TAGS = {0x010100: b"Vendor\0", 0x010102: b"\1\0\0\0", 0x020110: b"",
        0x030121: bytes(range(32)), 0x030125: bytes(264), 0x080201: b"\1"}


def control(slot, code, data, room):
    if code in FEATURES:
        return rig.OK, FEATURES[code]
    return (rig.OK, data) if code == 0x42330003 else (rig.UNSUPPORTED, b"")


def part(name):
    def probe(t):
        try:
            program = stack.find_program(t.build, "wrongheaded")
        except stack.Failure:
            t.say("SKIP", "libpcsclite-dev was not there for the build")
            return

        def get(slot, tag, data, room):
            if tag in TAGS:
                return rig.OK, TAGS[tag]
            return t.puppet.usual(rig.GET, slot, tag, data, room)
        if name != "sixteen":
            t.card()
        if name == "features":
            t.puppet.answer[rig.CONTROL] = control
        if name == "attributes":
            t.puppet.answer[rig.GET] = get
        watched(t, program, name, rig.READER)
    probe.__name__ = f"wrongheaded_{name}"
    return probe


PROBES = [part(n) for n in ("processes", "threads", "cancelled", "allocated",
                            "lengths", "nulls", "attributes", "features")]
READERS = (({"slots": 16, "at_once": True}, [part("sixteen")]),)
