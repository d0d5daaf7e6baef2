import { personalityIds } from "@evergrant/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectations } from "./personalities/expectations.ts";
import { startWith } from "./personalities/start-with.ts";
import { type Story, steps } from "./personalities/steps.ts";

it("every personality has its expectations", () => {
  expect(expectations.map(({ id }) => id).toSorted()).toEqual(personalityIds.toSorted());
});

describe.each(expectations)("$id", (expected) => {
  let story: Story;

  beforeAll(async () => {
    story = { world: await startWith(expected.id), expected, connectionId: "", authorizeUrl: null };
  });
  afterAll(async () => {
    await story.world[Symbol.asyncDispose]();
  });

  const own = steps.filter(({ of }) => of === undefined || of(expected)).map(({ title, run }) => [title, run] as const);
  it.each(own)(`${expected.id}: %s`, async (_title, run) => {
    expect.hasAssertions();
    await run(story);
  });
});
