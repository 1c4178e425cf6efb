// The server that the tests look at: the program on a free port, with data that the SDK sent.
// OCELLI_URL names one that runs already. A program without the web client in it gets a small
// server in front that adds web/dist.
import { spawn, execFile } from "node:child_process";
import { mkdtempSync, readFileSync, existsSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { extname, join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, "web", "dist");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

async function startProgram(data) {
  const binary = process.env.OCELLI_TEST_PLAIN_BINARY ?? process.env.OCELLI_TEST_BINARY ?? join(ROOT, "build", "ocelli");
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "ignore", "pipe"] });
  const url = await new Promise((resolve, reject) => {
    let log = "";
    child.stderr.on("data", (piece) => {
      log += piece;
      const ready = /\bready\b.*\burl=(http:\/\/\S+)/.exec(log);
      if (ready) resolve(ready[1]);
    });
    child.on("exit", () => reject(new Error(`the server did not start\n${log}`)));
  });
  return { child, url };
}

function serveFront(target) {
  const { hostname, port } = new URL(target);
  const server = http.createServer((request, response) => {
    if (request.url.startsWith("/api/") || request.url.startsWith("/v1/")) {
      const upstream = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      upstream.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      request.pipe(upstream);
      return;
    }
    const path = join(DIST, new URL(request.url, "http://x").pathname);
    const file = existsSync(path) && extname(path) ? path : join(DIST, "index.html");
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function hasClient(url) {
  const answer = await fetch(url + "/");
  return answer.ok && (await answer.text()).includes('id="app"');
}

/** { url, api, pid, stop() } */
export async function startServer() {
  if (process.env.OCELLI_URL) return { url: process.env.OCELLI_URL, api: process.env.OCELLI_URL, pid: null, stop: async () => {} };
  const data = mkdtempSync(join(tmpdir(), "ocelli-web-"));
  const { child, url } = await startProgram(data);
  const front = (await hasClient(url)) ? null : await serveFront(url);
  return {
    url: front ? `http://127.0.0.1:${front.address().port}` : url,
    api: url,
    pid: child.pid,
    async stop() {
      front?.closeAllConnections();
      front?.close();
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Sends the data; answers the ids that seed.py prints. */
export async function seed(server) {
  const python = process.env.OCELLI_PYTHON ?? join(ROOT, "build", "venv", "bin", "python");
  const { stdout } = await promisify(execFile)(python, [join(HERE, "seed.py"), server.api], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split("\n").pop());
}

export async function call(server, method, path, body) {
  const answer = await fetch(`${server.api}/api/v1/private${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

let last = 0n;

/** A version 7 UUID of now, greater than all before it. */
export function newId() {
  const time = BigInt(Date.now()) << 16n;
  last = last >= time ? last + 1n : time;
  const head = (last >> 16n).toString(16).padStart(12, "0");
  const tail = (last & 0xfffn).toString(16).padStart(3, "0");
  const random = Math.floor(Math.random() * 2 ** 48).toString(16).padStart(12, "0");
  return `${head.slice(0, 8)}-${head.slice(8)}-7${tail}-8000-${random}`;
}
