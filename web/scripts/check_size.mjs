// Fails when what the first page loads is larger, gzipped, than the limit.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT = 200 * 1024;
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => join(dist, match[1]));
const first = new Set([join(dist, "index.html"), ...named]);

let total = 0;
for (const path of files(dist)) {
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  if (first.has(path)) total += size;
  console.log(`${first.has(path) ? "first" : "later"} ${String(size).padStart(8)} ${path.slice(dist.length + 1)}`);
}
console.log(`first load: ${total} bytes gzipped, limit ${LIMIT}`);
if (total > LIMIT) {
  console.error("first load is too large");
  process.exit(1);
}
