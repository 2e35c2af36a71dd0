/* SPDX-License-Identifier: BSD-2-Clause */
/* javax.smartcardio's calls, and what they say. beside_programs.py moves the
 * card when a line says so, and compares every line. */
import java.util.List;
import javax.smartcardio.*;

public class Beside {
	static TerminalFactory factory = TerminalFactory.getDefault();
	static CardTerminals all = factory.terminals();
	static byte[] select = { 0, (byte)0xa4, 4, 0 };

	interface Step {
		Object run() throws Exception;
	}

	static Object say(String what, Step step) {
		Object value;
		try {
			value = step.run();
		} catch (Exception e) {
			Throwable cause = e.getCause();
			value = e.getClass().getSimpleName() + " " +
			    (cause == null ? e.getMessage() : cause.getMessage());
		}
		System.out.println(what + ": " + value);
		System.out.flush();
		return value;
	}

	static String hex(byte[] bytes) {
		StringBuilder s = new StringBuilder();
		for (byte b : bytes)
			s.append(String.format("%02x", b));
		return s.toString();
	}

	static String send(Card c, int ne) throws Exception {
		ResponseAPDU r = c.getBasicChannel().transmit(
		    new CommandAPDU(0x80, 0x10, ne >> 8, ne & 0xff, 65536));
		return r.getData().length + " " + r.getSW();
	}

	public static void main(String[] args) throws Exception {
		CardTerminal t = all.list().get(0);
		say("name", () -> t.getName());
		say("present", () -> t.isCardPresent());
		say("states", () -> all.list(CardTerminals.State.ALL).size() +
		    " " + all.list(CardTerminals.State.CARD_ABSENT).size());
		say("connect without", () -> t.connect("*"));
		say("wait a moment", () -> t.waitForCardPresent(200));
		all.waitForChange(200);
		System.out.println("CARD IN");
		say("it comes", () -> t.waitForCardPresent(8000));
		say("change", () -> all.waitForChange(4000));
		say("inserted", () -> all.list(
		    CardTerminals.State.CARD_INSERTION).size());
		for (String p : new String[] { "T=0", "T=1", "*", "direct" })
			say("protocol " + p, () -> {
				Card c = t.connect(p);
				String s = c.getProtocol() + " " +
				    hex(c.getATR().getBytes());
				c.disconnect(true);
				return s;
			});
		Card c = t.connect("*");
		say("exclusive", () -> { c.beginExclusive(); return "yes"; });
		say("exclusive twice", () -> { c.beginExclusive(); return "yes"; });
		say("long", () -> send(c, 4000));
		say("short", () -> send(c, 0));
		say("control", () -> hex(c.transmitControlCommand(
		    0x42000001, select)));
		say("control unknown", () -> hex(c.transmitControlCommand(
		    0x42000d48, new byte[0])));
		say("end", () -> { c.endExclusive(); return "yes"; });
		say("end twice", () -> { c.endExclusive(); return "yes"; });
		say("channel", () -> c.openLogicalChannel());
		Card d = t.connect("*");
		say("the same card", () -> c == d);
		say("disconnect", () -> { c.disconnect(true); return "yes"; });
		say("after it", () -> send(d, 0));
		Card e = t.connect("T=1");
		say("again", () -> send(e, 6));
		System.out.println("CARD OUT");
		say("it goes", () -> t.waitForCardAbsent(8000));
		say("removed", () -> all.list(
		    CardTerminals.State.CARD_PRESENT).size());
	}
}
