import { describe, expect, it, vi } from "vitest";
import { type FakePage, type FakePopup, connectionId, fakePage, refusal, unreachable } from "./fake-page.ts";

const key = "sandbox";
const wanted = { integration: "sandbox", scopes: ["notes:read"] };
const unconfirmed = { source: "evergrant", status: "unconfirmed", connection: connectionId, confirmation: "c" };

const status = (page: FakePage) => page.flows.state(key).status;

/** Begins a flow, and waits until its person is at the provider. */
async function begin(page: FakePage): Promise<{ ended: Promise<unknown>; popup: FakePopup }> {
  const ended = page.flows.connect(key, wanted);
  const popup = page.popups.at(-1);
  if (popup === undefined) throw new Error("no popup was opened in the click itself");
  await vi.waitFor(() => expect(status(page)).toBe("waiting"));
  return { ended, popup };
}

describe("a flow in a popup", () => {
  it("opens the window before it asks for the link, and shows the link in it", async () => {
    const page = fakePage();
    page.start();
    void page.flows.connect(key, wanted);
    expect([status(page), page.popups.length, page.asked]).toEqual(["opening", 1, []]);
    await vi.waitFor(() => expect(page.popups[0]?.shown).toBe("https://evergrant.test/connect/link"));
    expect(page.asked).toEqual([
      {
        call: "authorize",
        input: {
          integration: "sandbox",
          connectionId: undefined,
          scopes: ["notes:read"],
          subject: "alice",
          returnTo: "https://app.test/?marked",
          openerOrigin: "https://app.test",
        },
      },
    ]);
  });

  it("is confirmed as the signed-in subject, and told of once what is known has been fetched anew", async () => {
    const page = fakePage();
    page.start();
    const { ended, popup } = await begin(page);
    expect(page.say(popup, unconfirmed)).toBe(true);
    expect(status(page)).toBe("confirming");
    expect(await ended).toEqual({ status: "connected", connectionId });
    expect(page.asked.at(-1)).toEqual({ call: "confirm", input: { confirmation: "c", subject: "alice" } });
    expect(page.refetches).toBe(1);
  });

  it("that needs no confirmation is looked up, since a message is only a hint", async () => {
    const page = fakePage();
    page.start();
    const { ended, popup } = await begin(page);
    page.answers.get.push(() => Promise.reject(refusal("confirmation_invalid")));
    page.say(popup, { source: "evergrant", status: "connected", connection: connectionId });
    expect(await ended).toMatchObject({ status: "failed" });
    expect(page.asked.at(-1)?.call).toBe("get");
  });

  it("hears nothing from windows that are not its own, and nothing that is no result", async () => {
    const page = fakePage();
    page.start();
    const { popup } = await begin(page);
    const stranger = { ...popup };
    expect(page.say(stranger, unconfirmed)).toBe(false);
    expect(page.say(popup, { source: "evergrant", status: "unconfirmed", connection: connectionId })).toBe(false);
    expect(page.say(popup, { source: "evergrant", status: "connected", connection: "elsewhere" })).toBe(false);
    expect(status(page)).toBe("waiting");
  });

  it("asked for again while it is under way, comes to the front and stays one", async () => {
    const page = fakePage();
    page.start();
    const { ended, popup } = await begin(page);
    const again = page.flows.connect(key, wanted);
    expect([page.popups.length, popup.focused]).toEqual([1, 1]);
    page.say(popup, { source: "evergrant", status: "failed", error: "access_denied" });
    expect(await Promise.all([ended, again])).toEqual([{ status: "denied" }, { status: "denied" }]);
  });

  it.each([
    ["the server refuses", () => Promise.reject(refusal("scope_not_declared")), "scope_not_declared"],
    ["the server is away", () => Promise.reject(unreachable()), "unreachable"],
    ["there is no session", () => Promise.reject(new Error("nobody is signed in")), "refused"],
  ])("closes its window where no link can be made: %s", async (_why, answer, code) => {
    const page = fakePage();
    page.start();
    page.answers.authorize.push(answer);
    expect(await page.flows.connect(key, wanted)).toMatchObject({ status: "failed", error: { code } });
    expect(page.popups[0]?.closedByPage).toBe(true);
  });

  it("called off while its link is made, shows nothing any more", async () => {
    const page = fakePage();
    page.start();
    const ended = page.flows.connect(key, wanted);
    page.flows.cancel(key);
    expect(await ended).toEqual({ status: "cancelled", by: "caller" });
    await vi.waitFor(() => expect(page.asked).toHaveLength(1));
    await Promise.resolve();
    expect([page.popups[0]?.closedByPage, page.popups[0]?.shown, status(page)]).toEqual([true, null, "cancelled"]);
  });
});

describe("a popup that seems to be gone", () => {
  it("is waited for while the person is elsewhere: it may be severed, with them in it", async () => {
    const page = fakePage();
    page.start();
    const { popup } = await begin(page);
    popup.gone = true;
    page.look(100);
    expect(status(page)).toBe("waiting");
  });

  it("is taken to be closed once the person is back at the page, and not at the first look: a result may be on its way", async () => {
    const page = fakePage();
    page.start();
    const { ended, popup } = await begin(page);
    popup.gone = true;
    page.hasFocus = true;
    page.look(2);
    expect(status(page)).toBe("waiting");
    page.look();
    expect(await ended).toEqual({ status: "cancelled", by: "window" });
  });

  it("and was only out of sight: its end is taken from the tab that it came back to", async () => {
    const page = fakePage();
    page.start();
    const { popup } = await begin(page);
    const { id } = page.lastMark();
    popup.gone = true;
    page.hasFocus = true;
    page.look(3);
    page.hearTab({ kind: "flow", id, state: { status: "confirming" } });
    expect(status(page)).toBe("confirming");
    page.hearTab({ kind: "flow", id, state: { status: "connected", connectionId } });
    expect(page.flows.state(key)).toEqual({ status: "connected", connectionId });
    expect(page.refetches).toBe(1);
  });

  it("and ends well after another has been begun: that one is over too; if it ends badly, that one goes on", async () => {
    const page = fakePage();
    page.start();
    const first = await begin(page);
    const { id } = page.lastMark();
    first.popup.gone = true;
    page.hasFocus = true;
    page.look(3);
    const second = await begin(page);
    page.hearTab({ kind: "flow", id, state: { status: "failed", code: "provider_error", message: "no" } });
    expect(status(page)).toBe("waiting");
    page.hearTab({ kind: "flow", id, state: { status: "connected", connectionId } });
    expect(await second.ended).toEqual({ status: "connected", connectionId });
    expect(second.popup.closedByPage).toBe(true);
  });

  it("is over where the session sees what it was to bring, unless that was there before", async () => {
    const page = fakePage();
    page.start();
    const { ended } = await begin(page);
    page.flows.noticed(key, connectionId);
    expect(await ended).toEqual({ status: "connected", connectionId });

    void page.flows.connect(key, { ...wanted, isMet: true });
    await vi.waitFor(() => expect(status(page)).toBe("waiting"));
    page.flows.noticed(key, connectionId);
    expect(status(page)).toBe("waiting");
  });
});

describe("a flow by redirect", () => {
  it("takes the page itself where popups are blocked, without an opener to tell", async () => {
    const page = fakePage();
    page.start();
    page.blocksPopups = true;
    void page.flows.connect(key, wanted);
    await vi.waitFor(() => expect(page.wentTo).toBe("https://evergrant.test/connect/link"));
    expect(page.flows.state(key)).toEqual({ status: "waiting", at: "redirect" });
    expect(page.asked[0]?.input).not.toHaveProperty("openerOrigin");
  });

  it("is over where the page is shown again as it was left", async () => {
    const page = fakePage();
    page.start();
    const ended = page.flows.connect(key, wanted, { mode: "redirect" });
    await vi.waitFor(() => expect(page.wentTo).not.toBe(null));
    page.restore();
    expect(await ended).toEqual({ status: "cancelled", by: "caller" });
    expect(page.popups).toEqual([]);
  });
});

describe("a page that a flow has come back to", () => {
  const result = { status: "unconfirmed", connectionId, confirmation: "c" } as const;
  const at = (isPopup: boolean) => ({ flow: { id: "f", key, isPopup }, result });

  it("confirms it, tells the other tabs at each step, and stays", async () => {
    const page = fakePage();
    page.start(at(false));
    await vi.waitFor(() => expect(status(page)).toBe("connected"));
    expect(page.told).toEqual([
      { kind: "flow", id: "f", state: { status: "confirming" } },
      { kind: "flow", id: "f", state: { status: "connected", connectionId } },
    ]);
    expect(page.closedItself).toBe(false);
  });

  it("closes itself if it is a popup, whatever came of it", async () => {
    const page = fakePage();
    page.answers.confirm.push(() => Promise.reject(refusal("confirmation_invalid")));
    page.start(at(true));
    await vi.waitFor(() => expect(page.closedItself).toBe(true));
    expect(page.told.at(-1)).toMatchObject({ state: { status: "failed", code: "confirmation_invalid" } });
  });

  it("by a link of the app's own backend, shows it at the integration's button", async () => {
    const page = fakePage();
    page.start({ flow: null, result });
    await vi.waitFor(() => expect(status(page)).toBe("connected"));
  });

  it("and a page that is started twice, as StrictMode does, confirm once", async () => {
    const page = fakePage();
    const stop = page.start(at(false));
    stop();
    page.start();
    await vi.waitFor(() => expect(status(page)).toBe("connected"));
    expect(page.asked.map(({ call }) => call)).toEqual(["confirm"]);
  });
});

describe("a server that does not answer a confirmation", () => {
  const unreached = () => Promise.reject(unreachable());
  const landing = {
    flow: { id: "f", key, isPopup: false },
    result: { status: "unconfirmed", connectionId, confirmation: "c" },
  } as const;

  it("is asked again for a while", async () => {
    const page = fakePage();
    page.answers.confirm.push(unreached, unreached);
    page.start(landing);
    await vi.waitFor(() => expect(status(page)).toBe("connected"));
    expect(page.pauses).toEqual([1_000, 3_000]);
  });

  it("and had taken it all the same: the connection is there", async () => {
    const page = fakePage();
    page.answers.confirm.push(unreached, () => Promise.reject(refusal("confirmation_invalid")));
    page.start(landing);
    await vi.waitFor(() => expect(status(page)).toBe("connected"));
    expect(page.asked.map(({ call }) => call)).toEqual(["confirm", "confirm", "get"]);
  });

  it("is given up after fourteen seconds of pauses", async () => {
    const page = fakePage();
    page.answers.confirm.push(unreached, unreached, unreached, unreached);
    page.start(landing);
    await vi.waitFor(() => expect(page.flows.state(key)).toMatchObject({ status: "failed", error: { code: "unreachable" } }));
    expect(page.pauses).toEqual([1_000, 3_000, 10_000]);
  });
});
