/** Sends requests and turns what comes back into values or `ApiError`. */
import { endpointAddress, type Endpoint } from "./endpoints";
import { workspace } from "../state/route";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** The server does not have the operation, or not the record. */
  get isMissing(): boolean {
    return this.status === 404 || this.status === 405 || this.status === 501;
  }
}

export type QueryValue = string | number | boolean | undefined | null;

export interface Call {
  parts?: Record<string, string>;
  query?: Record<string, QueryValue>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Address with its query; empty values are left out. */
export function addressOf(endpoint: Endpoint, call: Call = {}): { method: string; url: string } {
  const { method, path } = endpointAddress(endpoint, call.parts);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return { method, url: text ? `${path}?${text}` : path };
}

/** The words of an error body, whichever of the two shapes it has. */
export function errorText(status: number, body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: string; errors?: string[]; details?: string };
    if (Array.isArray(parsed.errors)) return parsed.errors.join("; ");
    if (parsed.message) return parsed.details ? `${parsed.message}: ${parsed.details}` : parsed.message;
  } catch {
    /* not JSON */
  }
  return body.length > 0 && body.length < 300 ? body : `The server answered ${status}`;
}

export function headers(hasBody: boolean): Record<string, string> {
  const all: Record<string, string> = { "Comet-Workspace": workspace() };
  if (hasBody) all["Content-Type"] = "application/json";
  return all;
}

export async function send(endpoint: Endpoint, call: Call = {}): Promise<Response> {
  const { method, url } = addressOf(endpoint, call);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: headers(call.body !== undefined),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server cannot be reached");
  }
  if (!response.ok) throw new ApiError(response.status, errorText(response.status, await response.text()));
  return response;
}

export async function ask<T>(endpoint: Endpoint, call: Call = {}): Promise<T> {
  return (await (await send(endpoint, call)).json()) as T;
}

/** For operations without an answer; returns the id of what was made, from `Location`. */
export async function tell(endpoint: Endpoint, call: Call = {}): Promise<string | undefined> {
  const response = await send(endpoint, call);
  await response.text();
  return response.headers.get("Location")?.split("/").pop();
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
