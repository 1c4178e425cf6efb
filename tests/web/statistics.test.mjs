// The statistics page: what is marked is what is shown, groups without a value, axes, and fingers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser, picture } from "./support/browser.mjs";
import { call, newId, startServer } from "./support/server.mjs";

const PROJECT = "Statistics";
let server, browser, page, project;

before(async () => {
  server = await startServer();
  const start = Date.now() - 3_600_000;
  const time = (ms) => new Date(start + ms).toISOString();
  const traces = Array.from({ length: 20 }, () => ({ id: newId(), project_name: PROJECT, name: "job", start_time: time(0), end_time: time(200_000) }));
  await call(server, "POST", "/traces/batch", { traces });
  const error_info = { exception_type: "ValueError", traceback: "" };
  const spans = traces.map((trace, index) => ({
    id: newId(),
    trace_id: trace.id,
    project_name: PROJECT,
    name: "step",
    type: "llm",
    start_time: time(0),
    end_time: time(90_000),
    ...(index < 10 ? { model: "model-a" } : {}),
    ...(index % 10 === 0 ? { error_info } : {}),
  }));
  await call(server, "POST", "/spans/batch", { spans });
  project = (await call(server, "GET", `/projects?name=${PROJECT}`)).content[0].id;
  browser = await openBrowser();
  page = browser.page;
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (shown, query) => shown.goto(`${server.url}/projects/${project}/statistics?${query}`);
const chart = (shown, name) => shown.getByRole("region", { name, exact: true });
const card = (shown, label) => shown.locator(".cards .card", { hasText: label }).locator("b");
const query = (shown, name) => new URL(shown.url()).searchParams.get(name);

describe("zoom", () => {
  test("keeps what was marked: the last bucket as a whole", async () => {
    await open(page, "range=24h");
    const over = chart(page, "Count").locator(".u-over");
    await over.waitFor();
    assert.equal(await card(page, "Traces").textContent(), "20");
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Zoom out" }).waitFor();
    await chart(page, "Count").locator("canvas").waitFor();
    await page.waitForFunction(() => document.querySelector(".cards .card b")?.textContent === "20");
    assert.equal(new Date(query(page, "from")).getUTCMinutes(), 0, "begins with a bucket");
  });

  test("does nothing where no bucket is marked", async () => {
    await open(page, "range=24h");
    const over = chart(page, "Count").locator(".u-over");
    await over.waitFor();
    const before = page.url();
    const box = await over.boundingBox();
    // A bucket is an hour of 24: a mark that is much shorter lies between two of them, if it touches none.
    const step = box.width / 24;
    let ignored = 0;
    for (let at = 0; at < 4; at++) {
      await page.mouse.move(box.x + step * (5 + at / 4), box.y + 50);
      await page.mouse.down();
      await page.mouse.move(box.x + step * (5 + at / 4) + 5, box.y + 50, { steps: 2 });
      await page.mouse.up();
      if (page.url() === before) ignored++;
      else {
        assert.equal(Date.parse(query(page, "to")) - Date.parse(query(page, "from")), 3_600_000 - 1);
        await page.goBack();
        await over.waitFor();
      }
    }
    assert.ok(ignored >= 1, `${ignored} of 4`);
  });

  test("with a finger", async (t) => {
    const phone = await openBrowser({ size: "phone" });
    t.after(() => phone.close());
    await open(phone.page, "range=24h");
    const over = chart(phone.page, "Count").locator(".u-over");
    await over.waitFor();
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    const session = await phone.context.newCDPSession(phone.page);
    const touch = (type, part) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: part === undefined ? [] : [{ x: box.x + box.width * part, y: box.y + 60 }] });
    await touch("touchStart", 0.4);
    for (const part of [0.5, 0.6, 0.7, 0.8, 0.9, 0.99]) await touch("touchMove", part);
    await picture(phone.page, "statistics-finger");
    await touch("touchEnd");
    await phone.page.getByRole("button", { name: "Zoom out" }).waitFor();
    await phone.page.waitForFunction(() => document.querySelector(".cards .card b")?.textContent === "20");
  });
});

test("groups without a value are in every chart", async () => {
  await open(page, "range=24h&kind=spans&by=model");
  for (const name of ["Count", "Error rate", "Latency"])
    for (const group of ["model-a", "Unknown"]) await chart(page, name).locator(".legend").getByText(group, { exact: true }).waitFor();
  await picture(page, "statistics-unknown");
});

test("nothing has no percentiles", async () => {
  await open(page, "from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z");
  await card(page, "Traces").waitFor();
  for (const name of ["p50", "p90", "p99"]) assert.equal(await card(page, name).textContent(), "–");
  assert.equal(await card(page, "Traces").textContent(), "0");
});
