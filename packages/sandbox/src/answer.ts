/**
 * An HTTP answer before it is sent, so that a fault can still change or lose it; and the sending.
 */
import { IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A body that is produced while it is sent; the signal aborts when nobody listens any more. */
export type StreamedBody = (signal: AbortSignal) => AsyncIterable<string>;

export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string | StreamedBody;
}

/** No answer at all: the connection breaks. */
export type Dropped = "dropped";

const largestRequestBytes = 1_048_576;

/** @throws {Error} beyond 1 MiB, and when the client goes away midway. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let receivedBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    receivedBytes += bytes.length;
    if (receivedBytes > largestRequestBytes) throw new Error("The request is larger than 1 MiB.");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The same request once more, for a server that wants to read the body that we have read already. */
export function replay(request: IncomingMessage, body: string): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  const { method, url, headers, httpVersion, httpVersionMajor, httpVersionMinor } = request;
  // Node breaks the connection when a message ends that is not marked complete.
  Object.assign(again, { method, url, headers, httpVersion, httpVersionMajor, httpVersionMinor, complete: true });
  again.push(body);
  again.push(null);
  return again;
}

/** A `Response` of ours, read to its end. */
export async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/**
 * Sends an answer, or breaks the connection.
 *
 * Settles when the last byte went out or the client went away; the result tells which: the status that arrived, or null.
 */
export async function send(answer: Answer | Dropped, response: ServerResponse): Promise<number | null> {
  if (answer === "dropped") {
    response.destroy();
    return null;
  }
  // What the provider set on the real response belongs to the answer it would have given.
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { "content-length": _, ...headers } = answer.headers;
  const length = typeof answer.body === "string" ? { "content-length": Buffer.byteLength(answer.body) } : {};
  const chunks = typeof answer.body === "string" ? [answer.body] : answer.body(gone.signal);
  response.writeHead(answer.status, { ...headers, ...length });
  try {
    await pipeline(Readable.from(chunks), response);
    return answer.status;
  } catch {
    return null; // The client went away, as one should from a body without end.
  }
}
