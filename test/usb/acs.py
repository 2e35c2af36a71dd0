# SPDX-License-Identifier: BSD-2-Clause
"""Steps of run.py: a reader of ACS, which another driver of Debian's drives than
libccid, though that knows it as well: libacsccid1, unchanged like that."""
import re

import stack
from machine import expect
from slots import wait_numbered

ACS = "ACS ACR39U ICC Reader [ICC] (SCS0005)"


def drivers(w, bundle):
    return [p for p, line in w.ifds().items() if f"/{bundle}.bundle " in line]


def its_makers_driver_drives_it(w):
    w.others = drivers(w, "ifd-ccid")
    w.acs.plug()
    w.acs_name = wait_numbered(w, ACS)
    w.wait_reader(w.acs_name, False)
    expect(len(drivers(w, "ifd-acsccid")) == 1 and
           drivers(w, "ifd-ccid") == w.others, f"drivers: {w.ifds()}")


def a_card_in_it_lets_its_user_in(w):
    w.card_in("dora")
    w.wait_reader(w.acs_name, True)
    key = w.wait(lambda: re.search(
        r"^([0-9A-F]{40})\t.*PIV Authentication.*Dora",
        w.sh("sc_auth identities", None), re.M), "dora's identity")
    w.sh(f"sc_auth pair -u bob -h {key[1]}")
    expect(not w.login("000000", "bob")[0], "a wrong PIN let bob in")
    let_in, out = w.login(stack.PIN, "bob")
    expect(let_in, f"dora's card did not let bob in:\n{out}")


def its_card_goes_and_comes_and_it_is_unplugged(w):
    before = len(w.log().splitlines())
    w.card_out("dora")
    w.wait_reader(w.acs_name, False)
    expect(not w.login(stack.PIN, "bob")[0], "a login without a card")
    w.card_in("dora")
    w.wait_reader(w.acs_name, True)
    let_in, out = w.login(stack.PIN, "bob")
    expect(let_in, f"no login after the card was out:\n{out}")
    w.acs.unplug()
    w.wait_reader(w.acs_name, None)
    expect(not drivers(w, "ifd-acsccid") and
           drivers(w, "ifd-ccid") == w.others, f"drivers left: {w.ifds()}")
    # whoever hears of it first: that a reader was unplugged is no error
    told = [x for x in w.log().splitlines()[before:]
            if x[:3] in ("<3>", "<4>") and
            ("was not started" in x or "asked for a worker" in x)]
    expect(not told, "\n".join(told))


STEPS = (
    its_makers_driver_drives_it,
    a_card_in_it_lets_its_user_in,
    its_card_goes_and_comes_and_it_is_unplugged,
)
