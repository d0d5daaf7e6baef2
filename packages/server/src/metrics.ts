/**
 * What a process tells Prometheus: counts of its own, and what waits in the database at the moment of asking; a registry for each app.
 *
 * A label holds an integration, an outcome, a status or a class of routes: never a subject, a connection or anything that a caller chose.
 * What happens at every call is counted in plain numbers, and becomes a metric when somebody asks.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
import { cpuUsage, memoryUsage } from "node:process";
import type { RefreshOutcome, TokenAnswer } from "@evergrant/schema";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Backlog } from "./backlog-store.ts";
import { type GuardedFetch, TransportError } from "./guarded-fetch.ts";
import type { ProviderHealth } from "./provider-health.ts";

export interface Metrics {
  answered(answer: TokenAnswer): void;
  /** @param target Path and query, without the path of `publicUrl`. */
  requested(target: string, status: number): void;
  refreshed(integration: string, outcome: RefreshOutcome): void;
  /** How long a try took, from its lease to what the row says afterwards. */
  refreshTook(integration: string, seconds: number): void;
  leaseTakenOver(integration: string): void;
  /** The same way out, counted. */
  counting(fetch: GuardedFetch, to: "provider" | "webhook"): GuardedFetch;
  /** All of it as Prometheus reads it (text format 0.0.4). */
  print(): Promise<{ contentType: string; text: string }>;
}

const routes = ["trpc", "connect", "oauth/callback", "oauth/done", "healthz", "readyz", "metrics", "openapi.json"];
const refreshSecondsBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90];

/** Makes the metrics of one app; `readBacklog` is asked at each print, and its failure is told as `evergrant_database_up 0`. */
export function createMetrics(sources: { health: ProviderHealth; readBacklog: () => Promise<Backlog>; now: () => Date }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const answers = tally(registry, "evergrant_token_answers_total", "Answers of tokens.get and tokens.refresh.", ["status"]);
  const requests = tally(registry, "evergrant_http_requests_total", "HTTP requests, by class of route and status.", ["route", "status"]);
  const sent = {
    provider: tally(registry, "evergrant_provider_requests_total", "Requests to providers, by what came of them.", ["outcome"]),
    webhook: tally(registry, "evergrant_webhook_requests_total", "Messages posted to webhooks, by what came of them.", ["outcome"]),
  };
  const refreshes = new Counter({
    name: "evergrant_refreshes_total",
    help: "Tries to refresh a connection, by outcome.",
    labelNames: ["integration", "outcome"],
    registers,
  });
  const refreshSeconds = new Histogram({
    name: "evergrant_refresh_duration_seconds",
    help: "Time from a lease to the stored outcome.",
    labelNames: ["integration"],
    buckets: refreshSecondsBuckets,
    registers,
  });
  const takenOver = new Counter({
    name: "evergrant_leases_taken_over_total",
    help: "Leases taken over from an owner that was gone with its grant sent.",
    labelNames: ["integration"],
    registers,
  });
  const pauses = new Gauge({
    name: "evergrant_provider_pauses",
    help: "Authorization servers that are left alone for now.",
    labelNames: ["integration", "reason"],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const databaseUp = gauge("evergrant_database_up", "Whether the database answered when these metrics were asked for.");
  const due = gauge("evergrant_due_connections", "Connections that are due for a refresh.");
  const overdue = gauge("evergrant_due_oldest_seconds", "How long the connection has waited that is due for longest.");
  const deliveries = new Gauge({
    name: "evergrant_webhook_deliveries",
    help: "Messages to webhooks that wait, or are dead letters.",
    labelNames: ["state"],
    registers,
  });
  const unread = gauge("evergrant_webhook_unread_events", "Events that the webhook furthest behind has not come to yet.");
  const revocations = gauge("evergrant_revocations_waiting", "Revocations that wait for their provider.");
  const events = new Counter({ name: "evergrant_events_total", help: "Events appended, by all processes.", registers });
  processMetrics(registry);

  const count = (backlog: Backlog, now: Date): void => {
    due.set(backlog.due);
    overdue.set(backlog.dueSince === null ? 0 : Math.max(0, (now.getTime() - backlog.dueSince.getTime()) / 1000));
    deliveries.set({ state: "pending" }, backlog.deliveriesPending);
    deliveries.set({ state: "dead" }, backlog.deliveriesDead);
    unread.set(backlog.eventsUnread);
    revocations.set(backlog.revocations);
    events.reset();
    events.inc(backlog.events);
  };

  return {
    answered: (answer) => answers.count(answer.status === "active" && answer.stale ? "stale" : answer.status),
    requested: (target, status) => requests.count(routeOf(target), String(status)),
    refreshed: (integration, outcome) => refreshes.inc({ integration, outcome }),
    refreshTook: (integration, seconds) => refreshSeconds.observe({ integration }, seconds),
    leaseTakenOver: (integration) => takenOver.inc({ integration }),
    counting: (fetch, to) => async (url, init) => {
      try {
        const response = await fetch(url, init);
        sent[to].count(`${Math.floor(response.status / 100)}xx`);
        return response;
      } catch (error) {
        sent[to].count(error instanceof TransportError ? error.code : "failed");
        throw error;
      }
    },
    async print() {
      pauses.reset();
      for (const { key, pause } of sources.health.states()) {
        if (pause !== null && pause.until > sources.now()) pauses.inc({ integration: key.integrationId, reason: pause.reason });
      }
      const backlog = await sources.readBacklog().catch(() => null);
      databaseUp.set(backlog === null ? 0 : 1);
      // What was counted before is not repeated as if it were so now.
      for (const each of [due, overdue, unread, revocations]) each.remove();
      deliveries.reset();
      if (backlog !== null) count(backlog, sources.now());
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** A counter of what happens at every call. */
function tally(registry: Registry, name: string, help: string, labelNames: readonly string[]): { count(...labels: string[]): void } {
  const counts = new Map<string, { labels: Record<string, string>; times: number }>();
  void new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, times } of counts.values()) this.inc(labels, times);
    },
  });
  return {
    count(...values) {
      const key = values.join(" ");
      const known = counts.get(key);
      if (known === undefined)
        counts.set(key, { labels: Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""])), times: 1 });
      else known.times += 1;
    },
  };
}

/** The class of a target: few, whatever callers ask for. Not parsed, since this happens at every call. */
function routeOf(target: string): string {
  const path = target.slice(1);
  return routes.find((route) => path.startsWith(route) && /^(?:$|[/?#])/.test(path.slice(route.length, route.length + 1))) ?? "other";
}

/** The process itself, under the names that Prometheus' own clients use. */
function processMetrics(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("process_resident_memory_bytes", "Resident memory.", () => memoryUsage.rss());
  gauge("process_start_time_seconds", "When the process started, since 1970.", () => performance.timeOrigin / 1000);
  gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => memoryUsage().heapUsed);
  void new Counter({
    name: "process_cpu_seconds_total",
    help: "Time on processors, user and system.",
    registers: [registry],
    collect() {
      const { user, system } = cpuUsage();
      this.reset();
      this.inc((user + system) / 1_000_000);
    },
  });
}
