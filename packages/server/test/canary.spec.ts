import { expect, it } from "vitest";
import { appRouter } from "../src/router.ts";
import { createCanaries } from "./canary/canaries.ts";
import { failures } from "./canary/failures.ts";
import { driveAll, drives, memberOf } from "./canary/procedures.ts";
import { appOrigin, openScene } from "./canary/scene.ts";
import { land } from "./flow.ts";

it("every procedure is driven: a new one belongs into canary/procedures.ts", () => {
  expect(Object.keys(drives).toSorted()).toEqual(Object.keys(appRouter._def.procedures).toSorted());
});

it("no marked secret is anywhere but where it belongs, after every procedure and every kind of failure", async () => {
  const canaries = createCanaries();
  await using scene = await openScene(canaries);
  await driveAll(scene);
  await scene.noteFiles("after all procedures");
  for (const [name, fail] of Object.entries(failures)) {
    await fail(scene);
    expect(scene.unmet(), name).toEqual([]);
  }
  await scene.call("events.list", { limit: 100 });
  await scene.call("audit.list", { limit: 500 });
  await scene.call("subjects.forget", { subject: "alice" });
  await scene.noteFiles("after all failures");

  // At a public URL flows have to be confirmed: by their subject, by another, by nobody.
  await using inPublic = await openScene(canaries, { publicUrl: "https://evergrant.example.com" });
  for (const confirmedAs of ["alice", "mallory", null]) {
    const answer = await inPublic.call("connections.authorize", {
      integration: "sandbox",
      subject: "alice",
      returnTo: `${appOrigin}/back`,
    });
    const landing = await land(inPublic.browser(), memberOf(answer, "authorizeUrl"));
    const confirmation = landing.url.searchParams.get("confirmation");
    if (confirmedAs !== null) await inPublic.call("connections.confirm", { confirmation, subject: confirmedAs });
  }
  inPublic.evergrant.clock.advance(3_600_000);
  await inPublic.app.refreshDue({ limit: 10, deadlineMs: 5_000 });
  await inPublic.call("events.list", { limit: 100 });
  await inPublic.noteFiles("in public");
  canaries.note("the log", [...scene.evergrant.logged, ...inPublic.evergrant.logged].join("\n"));

  const { secrets, places, forms, found } = canaries.search();
  process.stdout.write(`canaries: ${JSON.stringify({ secrets, forms, places: Object.fromEntries(places), found: found.length })}\n`);
  expect(found).toEqual([]);
  expect(Object.keys(secrets)).toHaveLength(14);
  for (const [place, bytes] of places) expect(bytes, place).toBeGreaterThan(0);
});
