// What is looked at in detail: the time line of a trace, its annotations, threads, and where the
// focus and what one types stay.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { checkAxe, checkHeight, checkWidth, openBrowser, picture } from "./support/browser.mjs";
import { call, newId, startServer } from "./support/server.mjs";

const PROJECT = "Details";
let server, browser, page, project;

const ago = (ms) => new Date(Date.now() - ms).toISOString();

/** A trace; its id is answered. */
async function sendTrace(trace) {
  const id = newId();
  await call(server, "POST", "/traces", { id, project_name: PROJECT, name: "trace", start_time: ago(1000), ...trace });
  return id;
}

async function sendSpan(trace, span) {
  const id = newId();
  await call(server, "POST", "/spans", { id, trace_id: trace, project_name: PROJECT, type: "general", ...span });
  return id;
}

before(async () => {
  server = await startServer();
  await sendTrace({ name: "first", end_time: ago(0) });
  project = (await call(server, "GET", `/projects?name=${PROJECT}`)).content[0].id;
  browser = await openBrowser();
  page = browser.page;
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (rest) => page.goto(`${server.url}/projects/${project}${rest}`);
const button = (name) => page.getByRole("button", { name, exact: true });
const region = (name) => page.getByRole("region", { name, exact: true });
/** Waits until the element has the focus. */
const untilFocused = async (locator) => {
  const handle = await locator.elementHandle();
  await page.waitForFunction((element) => document.activeElement === element, handle);
};
const untilSelected = (name) => page.locator(".tree-row[aria-selected=true]", { hasText: name }).waitFor();

describe("the time line", () => {
  /** Where the bar of a row begins and ends, in parts of its cell. */
  const barOf = async (name) => {
    const row = page.getByRole("treeitem", { name });
    const [cell, bar] = [await row.locator(".bar-cell").boundingBox(), await row.locator(".bar").boundingBox()];
    return [(bar.x - cell.x) / cell.width, (bar.x + bar.width - cell.x) / cell.width];
  };
  const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 0.02, `${found} instead of ${wanted}`);

  test("a running trace reaches to now, with the time so far", async () => {
    const trace = await sendTrace({ name: "agent run", start_time: ago(40_000) });
    await sendSpan(trace, { name: "done part", start_time: ago(40_000), end_time: ago(30_000) });
    await sendSpan(trace, { name: "works", start_time: ago(20_000) });
    await open(`/traces/${trace}`);
    const works = page.getByRole("treeitem", { name: /works/ });
    await works.getByText(/^running [234]/).waitFor();
    const [left, right] = await barOf(/works/);
    assert.ok(left > 0.3 && left < 0.6, `begins at ${left}`);
    near(right, 1);
    assert.ok((await barOf(/done part/))[1] < 0.3);
    await picture(page, "details-running");
    const before = await works.textContent();
    await page.waitForFunction(([text]) => ![...document.querySelectorAll(".tree-row")].some((row) => row.textContent === text), [before]);
  });

  test("the trace's bar is as long as the trace, also when spans are outside of it", async () => {
    const trace = await sendTrace({ name: "whole", start_time: ago(30_000), end_time: ago(20_000) });
    await sendSpan(trace, { name: "early", start_time: ago(40_000), end_time: ago(30_000) });
    await sendSpan(trace, { name: "late", start_time: ago(20_000), end_time: ago(10_000) });
    await sendSpan(trace, { name: "never ended", start_time: ago(10_000) });
    await open(`/traces/${trace}`);
    await page.getByRole("treeitem", { name: /late/ }).waitFor();
    const [left, right] = await barOf(/whole/);
    near(left, 1 / 3);
    near(right, 2 / 3);
    const [last, end] = await barOf(/never ended/);
    assert.ok(last < 1 && end <= 1.001, "a bar at the very end is seen");
  });
});

describe("what is narrow", () => {
  test("long names and many views stay inside, at both widths", async (t) => {
    const trace = await sendTrace({ name: "x".repeat(300), end_time: ago(0), metadata: { text: "one **text**" } });
    const phone = await openBrowser({ size: "phone" });
    t.after(() => phone.close());
    for (const shown of [page, phone.page]) {
      await shown.goto(`${server.url}/projects/${project}/traces/${trace}`);
      const metadata = shown.getByRole("region", { name: "Metadata", exact: true });
      // The name of the only member is shown, although its value is a text.
      await metadata.getByText("text: ").waitFor();
      assert.equal(await metadata.getByRole("button", { name: "Pretty" }).getAttribute("aria-pressed"), "true");
      const inside = await shown.locator(".detail").evaluate((detail) => [detail.scrollWidth, detail.clientWidth]);
      assert.ok(inside[0] <= inside[1], `${inside}`);
      const title = await metadata.getByRole("heading").evaluate((heading) => [heading.scrollWidth, heading.clientWidth]);
      assert.ok(title[0] <= title[1], `the title is covered: ${title}`);
    }
  });

  test("the snippet's button covers nothing", async (t) => {
    const phone = await openBrowser({ size: "phone" });
    t.after(() => phone.close());
    await phone.page.goto(`${server.url}/projects/${project}/connect`);
    const code = await phone.page.locator(".snippet pre").boundingBox();
    const copy = await phone.page.getByRole("button", { name: /Copy the Python/ }).boundingBox();
    assert.ok(code.x + code.width <= copy.x, "beside it");
  });
});

describe("what is typed", () => {
  test("stays when Escape leaves the field; the next one closes the panel", async () => {
    const trace = await sendTrace({ name: "to comment", end_time: ago(0) });
    await open(`/traces?trace=${trace}`);
    const comment = page.getByLabel("New comment");
    await comment.fill("half a thought");
    await comment.press("Escape");
    await page.waitForFunction(() => document.activeElement.tagName !== "TEXTAREA");
    assert.equal(await comment.inputValue(), "half a thought");
    const search = page.getByLabel("Search spans");
    await search.fill("x");
    await search.press("Escape");
    await page.waitForFunction(() => document.activeElement.tagName !== "INPUT");
    await page.keyboard.press("Escape");
    await page.locator(".panel").waitFor({ state: "hidden" });
    await untilFocused(page.locator(`.grid-row[data-id="${trace}"]`));
  });

  test("is not sent or shown again when it is cancelled", async () => {
    const trace = await sendTrace({ name: "cancelled", end_time: ago(0) });
    await call(server, "POST", `/traces/${trace}/comments`, { text: "as it was" });
    await open(`/traces/${trace}`);
    const comments = region("Comments");
    const field = comments.getByLabel("Comment", { exact: true });
    const change = comments.getByRole("button", { name: "Change comment" });
    for (const cancel of [() => field.press("Escape"), () => comments.getByRole("button", { name: "Cancel" }).click()]) {
      await change.click();
      await untilFocused(field);
      await field.fill("thrown away");
      await cancel();
      await field.waitFor({ state: "hidden" });
      await untilFocused(change);
      await comments.getByText("as it was", { exact: true }).waitFor();
    }
    await change.click();
    assert.equal(await field.inputValue(), "as it was");
    await field.press("Escape");
    await button("Other score").click();
    const name = page.getByLabel("Name of the score");
    await untilFocused(name);
    await name.press("Escape");
    await untilFocused(button("Other score"));
    assert.match(page.url(), new RegExp(trace));
  });
});

describe("the focus", () => {
  test("stays in the panel when the next one is shown", async () => {
    for (const name of ["step 1", "step 2", "step 3"]) await sendTrace({ name, end_time: ago(0) });
    await open("/traces");
    await page.getByRole("row", { name: /step 3/ }).click();
    const shows = (name) => page.locator(".panel h1", { hasText: name }).waitFor();
    await shows("step 3");
    await page.locator(".panel .tree-row").first().click();
    await page.keyboard.press("n");
    await shows("step 2");
    await untilFocused(page.locator(".panel"));
    await button("Next trace (n)").press("Enter");
    await shows("step 1");
    await untilFocused(button("Next trace (n)"));
    await page.keyboard.press("b");
    await shows("step 2");
    await page.keyboard.press("Escape");
    await untilFocused(page.getByRole("row", { name: /step 2/ }));
  });

  test("goes to what follows when scores and comments are given and removed", async () => {
    await call(server, "POST", "/feedback-definitions", { name: "Kind", type: "boolean", details: { true_label: "Yes", false_label: "No" } });
    const trace = await sendTrace({ name: "annotated", end_time: ago(0) });
    await call(server, "POST", `/traces/${trace}/comments`, { text: "to be removed" });
    await open(`/traces/${trace}`);
    await button("Kind").click();
    await untilFocused(button("Yes"));
    await page.keyboard.press("Enter");
    await page.getByRole("form", { name: "Score Kind" }).getByRole("button", { name: "Save" }).click();
    const score = page.locator("[data-score=Kind]");
    await score.getByText("Yes (1)", { exact: true }).waitFor();
    await untilFocused(button("Other score"));
    await button("Change score Kind").click();
    await untilFocused(button("Yes"));
    await button("No").click();
    await page.getByRole("form", { name: "Score Kind" }).getByRole("button", { name: "Save" }).click();
    await score.getByText("No (0)", { exact: true }).waitFor();
    await untilFocused(button("Change score Kind"));
    await button("Remove score Kind").click();
    await checkAxe(page, "removing a score");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await untilFocused(button("Remove score Kind"));
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await score.waitFor({ state: "hidden" });
    await untilFocused(button("Other score"));
    await button("Remove comment").click();
    await page.getByRole("dialog").getByText("to be removed").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.locator(".comment").waitFor({ state: "hidden" });
    await untilFocused(region("Comments"));
  });
});

describe("a thread", () => {
  const turn = (number, more) =>
    sendTrace({ name: "turn", thread_id: "long talk", input: { text: `Question ${number}` }, output: { text: `Answer ${number}` }, end_time: ago(0), ...more });

  test("scrolls inside the page, at both widths", async (t) => {
    for (let number = 1; number <= 25; number++) await turn(number);
    const phone = await openBrowser({ size: "phone" });
    t.after(() => phone.close());
    for (const shown of [page, phone.page]) {
      await shown.goto(`${server.url}/projects/${project}/threads/long%20talk`);
      await shown.getByText("Answer 25").waitFor();
      await shown.getByLabel("New comment").waitFor();
      await checkHeight(shown, "thread");
      await checkWidth(shown, "thread");
    }
  });

  test("follows its conversation", async () => {
    await open("/threads/long%20talk");
    await page.getByText("Answer 25").waitFor();
    await page.getByLabel("New comment").fill("stays");
    const running = await turn(26, { end_time: undefined, output: undefined });
    await page.getByText("Question 26").waitFor();
    await call(server, "PATCH", `/traces/${running}`, { end_time: ago(0), output: { text: "Answer 26" } });
    await page.getByText("Answer 26").waitFor();
    assert.equal(await page.getByLabel("New comment").inputValue(), "stays");
  });
});
