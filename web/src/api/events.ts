/** Live rows: server-sent events, read with fetch so that the workspace can be told and the status
 * be seen. A server without them is asked every few seconds instead. */
import { addressOf, headers, isAbort, type QueryValue } from "./client";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Cuts a stream into events; what is not complete waits for the next piece. */
export class EventParser {
  private rest = "";

  push(piece: string): ServerEvent[] {
    this.rest += piece;
    // A carriage return at the end may be half of a line's end.
    const whole = this.rest.endsWith("\r") ? this.rest.length - 1 : this.rest.length;
    const text = this.rest.slice(0, whole).replace(/\r\n?/g, "\n");
    const parts = text.split("\n\n");
    this.rest = parts.pop()! + this.rest.slice(whole);
    return parts.map(parseEvent).filter((event) => event !== null);
  }
}

function parseEvent(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const match = /^(event|data):\s?(.*)$/.exec(line);
    if (match?.[1] === "event") event = match[2]!;
    else if (match) data.push(match[2]!);
  }
  return data.length > 0 || event !== "message" ? { event, data: data.join("\n") } : null;
}

export type LiveState = "connecting" | "live" | "polling" | "off";

export interface LiveOptions {
  project: string;
  query: Record<string, QueryValue>;
  onEvent: (event: string, data: string) => void;
  /** The server has no events, or some may have been missed: ask for the newest rows. */
  onPoll: () => void;
  onState: (state: LiveState) => void;
}

const POLL_MS = 5000;
const RETRY_MS = 2000;

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** Runs until the returned function is called. */
export function followEvents(options: LiveOptions): () => void {
  const control = new AbortController();
  void follow(options, control.signal);
  return () => {
    control.abort();
    options.onState("off");
  };
}

async function follow(options: LiveOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const outcome = await readStream(options, signal);
    if (signal.aborted) return;
    if (outcome === "missing") return poll(options, signal);
    options.onState("connecting");
    await wait(RETRY_MS, signal);
  }
}

async function poll(options: LiveOptions, signal: AbortSignal): Promise<void> {
  options.onState("polling");
  while (!signal.aborted) {
    await wait(POLL_MS, signal);
    if (!signal.aborted && !document.hidden) options.onPoll();
  }
}

async function readStream(options: LiveOptions, signal: AbortSignal): Promise<"ended" | "missing"> {
  const { url } = addressOf("projectEvents", { parts: { id: options.project }, query: options.query });
  try {
    const response = await fetch(url, { headers: { ...headers(false), Accept: "text/event-stream" }, signal });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.status >= 400 && response.status < 500) return "missing";
    if (!response.ok || !response.body || !type.startsWith("text/event-stream")) return "ended";
    options.onState("live");
    // What was written before the stream began is in no event.
    options.onPoll();
    await readEvents(response.body, options, signal);
  } catch (error) {
    if (!isAbort(error)) console.debug("events ended", error);
  }
  return "ended";
}

async function readEvents(body: ReadableStream<Uint8Array>, options: LiveOptions, signal: AbortSignal): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  while (!signal.aborted) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const { event, data } of parser.push(decoder.decode(value, { stream: true }))) options.onEvent(event, data);
  }
}
