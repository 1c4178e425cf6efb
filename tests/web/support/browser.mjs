// The browser, pages of each size and theme, screenshots, and axe.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "./server.mjs";

const PICTURES = join(ROOT, "build", "web-screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
export const THEMES = ["light", "dark"];

export async function openBrowser({ size = "desktop", theme = "light" } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "ocelli-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.OCELLI_CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
    viewport: SIZES[size],
    colorScheme: theme,
    hasTouch: size === "phone",
    acceptDownloads: true,
  });
  const strangers = [];
  const problems = [];
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!["127.0.0.1", "localhost"].includes(hostname) && protocol.startsWith("http")) strangers.push(request.url());
  });
  context.on("weberror", (error) => problems.push(String(error.error())));
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(8000);
  return {
    page,
    context,
    /** No request to another host, no exception. */
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
      assert.deepEqual(strangers, [], "requests to other hosts");
      assert.deepEqual(problems, [], "exceptions in the page");
    },
  };
}

export async function picture(page, name) {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

export async function checkAxe(page, where) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map((each) => `${each.id}: ${each.help}\n    ${each.nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join("; ").slice(0, 200)}`).join("\n    ")}`);
  });
  assert.deepEqual(violations, [], `axe: ${where}`);
}

/** Nothing sticks out at the side. */
export async function checkWidth(page, where) {
  const { inner, scroll } = await page.evaluate(() => ({ inner: innerWidth, scroll: document.documentElement.scrollWidth }));
  assert.ok(scroll <= inner, `${where}: ${scroll} pixels wide in a window of ${inner}`);
}

/** What scrolls does so inside the page, whose head stays. */
export async function checkHeight(page, where) {
  const { inner, scroll } = await page.evaluate(() => ({ inner: innerHeight, scroll: document.documentElement.scrollHeight }));
  assert.ok(scroll <= inner, `${where}: ${scroll} pixels high in a window of ${inner}`);
}
