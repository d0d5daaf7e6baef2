/**
 * A webhook receiver on a loopback port, which does as its test says and keeps what it was sent.
 */
import { type WebhookMessage, webhookMessageShape } from "@evergrant/schema";
import { Webhook } from "standardwebhooks";
import { vi } from "vitest";
import { type Hosts, startHosts } from "./hosts.ts";
import type { TestClock } from "./start.ts";

/** A message as it came. */
export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** When it came, on the test's clock. */
  readonly at: Date;
  /** How it was answered. */
  readonly status: number;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** Those that were answered with 2xx. */
  accepted(): Received[];
  /** How the next messages are answered; 204 at first. */
  answer(how: (message: { id: string; body: string }) => number | Response | Promise<number | Response>): void;
}

export async function startReceiver(clock: TestClock): Promise<Receiver> {
  const hosts: Hosts = await startHosts("http");
  const received: Received[] = [];
  let how: Parameters<Receiver["answer"]>[0] = () => 204;
  hosts.serve(`127.0.0.1:${hosts.port}`, async (request) => {
    const body = await request.text();
    const headers = Object.fromEntries(request.headers);
    const id = headers["webhook-id"] ?? "";
    const answer = await how({ id, body });
    const response = typeof answer === "number" ? new Response(null, { status: answer }) : answer;
    received.push({ id, headers, body, at: clock.now(), status: response.status });
    return response;
  });
  return {
    url: `http://127.0.0.1:${hosts.port}/hooks/evergrant`,
    received,
    accepted: () => received.filter(({ status }) => status < 300),
    answer: (next) => {
      how = next;
    },
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  };
}

/**
 * The message, verified as a receiver would at the time when it came.
 *
 * @throws where the signature is not one of `secret`, or the timestamp is not of that time.
 */
export function verified(secret: string, { headers, body, at }: Received): WebhookMessage {
  // The library reads the process clock; the messages were sent on the test's.
  const clock = vi.spyOn(Date, "now").mockReturnValue(at.getTime());
  try {
    return webhookMessageShape.parse(new Webhook(secret).verify(body, headers));
  } finally {
    clock.mockRestore();
  }
}
