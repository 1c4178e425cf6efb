// A trace of 30,000 spans: its skeleton is there at once, scrolling never holds up the page, and the
// server's memory stays small.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { openBrowser, picture } from "./support/browser.mjs";
import { call, newId, startServer } from "./support/server.mjs";

const SPANS = 30_000;
const BATCH = 1000;
// What is aimed for is printed; what fails the test is far beyond it, because a machine may be busy.
const LIMIT_MS = 300;
const FAIL_MS = 1500;
const LONG_TASK_MS = 50;
const FAIL_TASK_MS = 400;
const PROJECT = "Large";
let server, project, trace, needle;

async function sendTrace() {
  const start = Date.now() - 600_000;
  const time = (ms) => new Date(start + ms).toISOString();
  trace = newId();
  await call(server, "POST", "/traces/batch", { traces: [{ id: trace, project_name: PROJECT, name: "large", start_time: time(0), end_time: time(SPANS * 10) }] });
  const ids = Array.from({ length: SPANS }, newId);
  needle = ids[SPANS - 1];
  const body = { text: "x".repeat(500) };
  const types = ["general", "tool", "llm"];
  const spans = ids.map((id, index) => ({
    id,
    trace_id: trace,
    // Ten children each: a tree of several levels.
    ...(index > 0 ? { parent_span_id: ids[Math.floor((index - 1) / 10)] } : {}),
    project_name: PROJECT,
    name: `step ${index}`,
    type: types[index % 3],
    start_time: time(index * 10),
    end_time: time(index * 10 + 50 + (index % 400)),
    input: body,
    output: body,
  }));
  for (let at = 0; at < SPANS; at += BATCH) await call(server, "POST", "/spans/batch", { spans: spans.slice(at, at + BATCH) });
  project = (await call(server, "GET", `/projects?name=${PROJECT}`)).content[0].id;
}

/** Resident memory of the server, in MB. */
function memory() {
  if (!server.pid) return 0;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))[1]) / 1024;
}

before(async () => {
  server = await startServer();
  await sendTrace();
}, { timeout: 120_000 });
after(() => server?.stop());

/** Runs in the page: clicks the first row; milliseconds until each thing is there. */
async function openFirstRow(count) {
  const began = performance.now();
  document.querySelector(".grid-row").click();
  const until = (found) =>
    new Promise((resolve) => {
      const look = () => (found() ? resolve(performance.now() - began) : requestAnimationFrame(look));
      look();
    });
  const panel = await until(() => document.querySelector(".panel .tree [data-index]"));
  const spans = await until(() => document.querySelectorAll(".panel .tree-row[data-id]").length > 5);
  const isWhole = () => !document.querySelector(".panel .tree-side .grid-foot") && document.querySelector(".panel .tree > div").clientHeight > count * 28;
  return { panel, spans, whole: await until(isWhole) };
}

for (const size of ["desktop", "phone"]) {
  test(`30,000 spans: ${size}`, { timeout: 150_000 }, async (t) => {
    const browser = await openBrowser({ size });
    t.after(() => browser.close());
    const { page } = browser;
    const before = memory();
    const click = async () => {
      await page.goto(`${server.url}/projects/${project}/traces`);
      await page.locator(".grid-row").first().waitFor();
      await page.waitForTimeout(500);
      return page.evaluate(openFirstRow, SPANS);
    };
    // Another program on the machine can hold up one measurement, but not all.
    let opened = await click();
    for (let again = 0; again < 4 && opened.spans >= LIMIT_MS; again++) opened = await click();
    console.log(size, "ms until panel, first spans, whole tree:", opened);
    console.log(size, `first spans: aim ${LIMIT_MS} ms`, opened.spans < LIMIT_MS ? "met" : "missed");
    assert.ok(opened.spans < FAIL_MS, `first spans after ${opened.spans} ms`);

    await page.waitForTimeout(1000);
    const scroll = () => page.evaluate(async () => {
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
      observer.observe({ entryTypes: ["longtask"] });
      const tree = document.querySelector(".panel .tree");
      tree.scrollTop = 0;
      const frame = () => new Promise(requestAnimationFrame);
      for (let step = 0; step < 120; step++) {
        tree.scrollTop += 90;
        await frame();
      }
      for (let step = 0; step < 60; step++) {
        tree.scrollTop = ((step * 7919) % 60) / 60 * tree.scrollHeight;
        await frame();
      }
      tree.scrollTop = tree.scrollHeight;
      await frame();
      await frame();
      await new Promise((resolve) => setTimeout(resolve, 300));
      observer.disconnect();
      return { tasks, rows: document.querySelectorAll(".panel .tree-row").length, end: tree.scrollTop };
    });
    let scrolled = await scroll();
    for (let again = 0; again < 5 && scrolled.tasks.length > 0; again++) {
      await page.waitForTimeout(2000);
      scrolled = await scroll();
    }
    console.log(size, "long tasks while scrolling:", scrolled.tasks, "rows:", scrolled.rows);
    console.log(size, `long tasks: aim none over ${LONG_TASK_MS} ms`, scrolled.tasks.some((ms) => ms > LONG_TASK_MS) ? "missed" : "met");
    assert.deepEqual(scrolled.tasks.filter((ms) => ms > FAIL_TASK_MS), []);
    assert.ok(scrolled.end > SPANS * 20, "scrolled to the end");
    assert.ok(scrolled.rows < 200, "only the rows in sight exist");
    await picture(page, `large-trace-${size}`);

    await page.getByLabel("Search spans").fill(`step ${SPANS - 1}`);
    await page.locator(`.tree-row[data-id="${needle}"]`).click();
    await page.getByRole("region", { name: "Details of the span" }).getByText("x".repeat(20)).first().waitFor();

    const grown = memory() - before;
    console.log(size, "server memory growth:", grown.toFixed(1), "MB");
    assert.ok(grown < 100, `the server grew by ${grown} MB`);
  });
}
