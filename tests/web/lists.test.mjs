// The lists while one works with them: what is typed, selected and looked at stays as it is while rows
// come in, change and go.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { picture } from "./support/browser.mjs";
import { openLists } from "./support/list_page.mjs";

const COUNT = 130;
let lists, page;

before(async () => {
  const traces = Array.from({ length: COUNT }, (_, number) => ({ name: `job ${number}`, ...(number === 5 ? { thread_id: "talk" } : {}), input: { text: number % 10 === 0 ? "chat here" : "else" } }));
  lists = await openLists({ name: "Lists", traces });
  page = lists.page;
  await lists.call("POST", "/spans", { trace_id: lists.ids[4], project_name: "Lists", name: "step", start_time: new Date().toISOString() });
}, { timeout: 120_000 });
after(() => lists?.close());

const search = () => page.getByLabel("Search traces");
const panel = () => page.getByRole("complementary", { name: "Trace" });
const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.dataset.id);

describe("search", () => {
  test("keeps what is typed while rows come in", async () => {
    await lists.list();
    await lists.live();
    await search().pressSequentially("needle ab");
    const id = await lists.send({ name: "comes in" });
    await lists.row(id).waitFor();
    assert.equal(await search().inputValue(), "needle ab");
  });

  test("begins with Enter; emptied it shows all", async () => {
    await lists.list();
    const all = await lists.total();
    await search().fill("chat");
    await page.keyboard.press("Enter");
    await lists.untilTotal(13);
    await search().fill("");
    await lists.untilTotal(all);
    assert.equal(lists.query("search"), null);
    await page.goBack();
    await lists.untilTotal(13);
    assert.equal(await search().inputValue(), "chat");
  });

  test("does not take the click on a row", async () => {
    await lists.list();
    await search().pressSequentially("chat");
    const id = await lists.rows().nth(12).getAttribute("data-id");
    await lists.rows().nth(12).click();
    await panel().waitFor();
    assert.equal(lists.query("trace"), id);
    assert.equal(lists.query("search"), null);
  });
});

describe("keys", () => {
  test("Enter opens the row that j went to, and presses what else has the focus", async () => {
    await lists.list();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await panel().waitFor();
    const yaml = panel().getByRole("region", { name: "Input", exact: true }).getByRole("button", { name: "YAML" });
    await yaml.press("Enter");
    assert.equal(await yaml.getAttribute("aria-pressed"), "true");
    await page.keyboard.press("Escape");
    await panel().waitFor({ state: "hidden" });
    await page.keyboard.press("j");
    await lists.button(/^Filters/).press("Enter");
    await page.getByRole("dialog", { name: "Filters" }).waitFor();
    assert.equal(lists.query("trace"), null);
  });

  test("are for the panel while one is open", async () => {
    await lists.list();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await panel().waitFor();
    await page.keyboard.press("x");
    await page.keyboard.press("/");
    assert.equal(await focused(), "Search spans");
    assert.equal(await page.locator(".bulk").count(), 0);
  });

  test("scrolling after them does not take the focus away", async () => {
    await lists.list();
    for (let i = 0; i < 15; i++) await page.keyboard.press("j");
    await search().click();
    await page.locator(".grid").evaluate((grid) => (grid.scrollTop = 400));
    await page.locator(".grid-row[data-index='0']").waitFor({ state: "detached" });
    assert.equal(await focused(), "Search traces");
  });
});

describe("selected rows", () => {
  test("are none after another search", async () => {
    await lists.list();
    for (const index of [0, 1, 2]) await lists.rows().nth(index).getByRole("checkbox").click();
    await page.getByText("3 traces selected").waitFor();
    await search().fill("chat");
    await page.keyboard.press("Enter");
    await page.locator(".bulk").waitFor({ state: "hidden" });
    await lists.untilTotal(13);
    await page.goBack();
    await lists.row(await lists.rows().first().getAttribute("data-id")).waitFor();
    assert.equal(await page.locator(".bulk").count(), 0);
  });

  test("are tagged, also far down, and stay where they are", async () => {
    await lists.list();
    await page.keyboard.press("j");
    await page.keyboard.press("End");
    await page.waitForFunction(() => /^(\d+) of \1 /.test(document.querySelector(".grid-foot [role=status]").textContent) && document.querySelector(".grid-row:focus")?.dataset.index === "99");
    await page.keyboard.press("End");
    await lists.row(lists.ids[0]).waitFor();
    await lists.row(lists.ids[0]).getByRole("checkbox").click();
    await page.getByRole("toolbar").getByRole("button", { name: "Tags" }).click();
    await page.getByRole("dialog", { name: "Tags of 1 trace" }).waitFor();
    await page.getByLabel("Add, separated by commas").fill("far down");
    await lists.button("Save").click();
    await page.getByText("Tags of 1 trace changed").waitFor();
    await lists.row(lists.ids[0]).getByText("far down").waitFor();
  });
});

describe("live rows", () => {
  const counted = () => page.waitForResponse((response) => /\/private\/traces\?.*&size=1&/.test(response.url()));
  const tag = (id, tags) => lists.call("PATCH", `/traces/${id}`, { tags });

  test("a change of an older trace is not one more", async () => {
    await lists.list();
    await lists.live();
    const before = await lists.total();
    const [, id] = await Promise.all([
      counted(),
      (async () => {
        await tag(lists.ids[1], ["changed"]);
        return lists.send({ name: "one more" });
      })(),
    ]);
    await lists.row(id).waitFor();
    await lists.untilTotal(before + 1);
  });

  test("those without a place in the order wait, counted once", async () => {
    await lists.list("?sort=name:ASC");
    await lists.live();
    await tag(lists.ids[1], ["changed again"]);
    const id = await lists.send({ name: "A first one" });
    await tag(id, ["and changed"]);
    await lists.button("Show 1 new").click();
    await lists.row(id).waitFor();
    await lists.button("Show 1 new").waitFor({ state: "hidden" });
  });

  test("deleted ones go, also from what is selected", async () => {
    const id = await lists.send({ name: "to be deleted" });
    await lists.list();
    await lists.live();
    const before = await lists.total();
    await lists.row(id).getByRole("checkbox").click();
    await page.getByText("1 trace selected").waitFor();
    await lists.call("DELETE", `/traces/${id}`);
    await lists.row(id).waitFor({ state: "detached" });
    await page.locator(".bulk").waitFor({ state: "hidden" });
    assert.equal(await lists.total(), before - 1);
  });

  test("rows in sight stay where they are", async () => {
    await lists.list();
    await lists.live();
    const place = () =>
      page.evaluate(() => {
        const grid = document.querySelector(".grid");
        const top = grid.getBoundingClientRect().top + 40;
        const row = [...grid.querySelectorAll(".grid-row")].find((each) => each.getBoundingClientRect().top >= top);
        return { id: row.dataset.id, top: Math.round(row.getBoundingClientRect().top) };
      });
    await page.locator(".grid").evaluate((grid) => (grid.scrollTop = 1700));
    await page.locator(".grid-row[data-index='52']").waitFor();
    const before = await place();
    const total = await lists.total();
    for (let i = 0; i < 3; i++) await lists.send({ name: `above ${i}` });
    await lists.untilTotal(total + 3);
    assert.deepEqual(await place(), before);
  });

  test("none come into a range that has an end", async () => {
    await lists.list(`?to=${new Date(Date.now() + 3_600_000).toISOString()}`);
    assert.ok(await lists.button("Fixed range").isDisabled());
  });
});

for (const kind of ["traces", "spans", "threads"])
  test(`what is changed in the panel is seen in a list of ${kind} that is paused`, async () => {
    await lists.list("", kind);
    await lists.live();
    await page.keyboard.press("p");
    await lists.button("Paused").waitFor();
    const row = lists.rows().first();
    await row.click();
    const add = page.locator(".panel").getByLabel("Add tag");
    await add.fill("from the panel");
    await add.press("Enter");
    await row.getByText("from the panel").waitFor();
  });

test("a time range is typed at leisure and applied once", async () => {
  await lists.list();
  const entries = await page.evaluate(() => history.length);
  const range = lists.button(/^Time range/);
  await range.click();
  const from = page.getByLabel("From", { exact: true });
  await from.focus();
  await page.keyboard.type("01012025");
  // Years may have more than four digits.
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("1000AM");
  assert.equal(await from.inputValue(), "2025-01-01T10:00");
  assert.equal(lists.query("from"), null);
  await picture(page, "time-range");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.search.includes("from=202"));
  assert.equal(await page.evaluate(() => history.length), entries + 1);
  assert.equal(await range.getAttribute("aria-expanded"), "false");
});

test("a time in the filter builder is typed to the minute", async () => {
  await lists.list();
  await lists.button(/^Filters/).click();
  const condition = page.getByRole("group", { name: "Condition 1" });
  await condition.getByLabel("Field").selectOption("start_time");
  await condition.getByLabel("Value").focus();
  await page.keyboard.type("01012025");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("1000AM");
  assert.equal(await condition.getByLabel("Value").inputValue(), "2025-01-01T10:00");
  await lists.button("Apply").click();
  await lists.button(/^Remove Start/).waitFor();
  assert.equal(JSON.parse(lists.query("filters"))[0].value, new Date("2025-01-01T10:00").toISOString());
});

test("a column for each score, to sort by", async () => {
  const name = "a, b: c";
  for (const [index, value] of [[3, 0.25], [7, 0.75]])
    await lists.call("PUT", `/traces/${lists.ids[index]}/feedback-scores`, { name, value, source: "sdk" });
  await lists.list();
  await lists.button("Columns").click();
  await page.getByLabel(name, { exact: true }).check();
  await page.keyboard.press("Escape");
  await page.getByRole("columnheader", { name }).getByRole("button").click();
  await page.locator(`.grid-row[data-index='0'][data-id='${lists.ids[7]}']`).getByText("0.75", { exact: true }).waitFor();
  await page.reload();
  await page.locator(`.grid-row[data-index='1'][data-id='${lists.ids[3]}']`).getByText("0.25", { exact: true }).waitFor();
  await lists.button("Columns").click();
  await lists.button("As at first").click();
  await page.getByRole("columnheader", { name }).waitFor({ state: "hidden" });
});

test("long texts are cut where they are, with the button that removes them in sight", async () => {
  await lists.send({ name: "long", tags: ["x".repeat(90), "second"], error_info: { exception_type: "VeryLongNamesOfExceptionsWithoutSpaces" } });
  const filters = JSON.stringify([{ field: "name", operator: "not_contains", value: "y".repeat(400) }]);
  await lists.list(`?filters=${encodeURIComponent(filters)}`);
  await picture(page, "long-chips");
  const cut = (locator) => locator.evaluate((element) => getComputedStyle(element).textOverflow === "ellipsis" && element.scrollWidth > element.clientWidth);
  assert.ok(await cut(page.locator(".grid-row .chip.bad").first()));
  assert.ok(await cut(page.locator(".grid-row .tags .chip", { hasText: "xxx" }).first()));
  const remove = lists.button(/^Remove Name/);
  const { x, width } = await remove.boundingBox();
  assert.ok(x + width < 1280, `the button is at ${x}`);
  await remove.click();
  await page.waitForFunction(() => !location.search.includes("filters"));
});

test("a trace on a page of its own: its name in the title, the way back to the list as it was", async () => {
  await lists.list("?search=chat&sort=name:ASC");
  await lists.rows().first().click();
  await page.getByLabel("Open as a page").click();
  await page.getByRole("button", { name: "All traces (Esc)" }).waitFor();
  await page.waitForFunction(() => document.title === "job 0 · ocelli");
  await page.keyboard.press("Escape");
  await lists.untilTotal(13);
  assert.equal(lists.query("sort"), "name:ASC");
  assert.equal(lists.query("trace"), null);
  await page.waitForFunction(() => document.title === "traces · ocelli");
});

test("a thread on a page of its own: the way back to the list as it was", async () => {
  await lists.list("?range=24h", "threads");
  await lists.rows().first().click();
  await page.getByLabel("Open as a page").click();
  await page.getByRole("button", { name: "All threads (Esc)" }).waitFor();
  await page.waitForFunction(() => document.title === "talk · ocelli");
  await page.keyboard.press("Escape");
  await lists.rows().first().waitFor();
  assert.equal(lists.query("range"), "24h");
  assert.equal(lists.query("thread"), null);
});

test("what is not there says so, once", async () => {
  await lists.open("/projects/nope/traces");
  await page.getByText("There is no such project").waitFor();
  await lists.open(`/projects/${lists.project}/threads/nope`);
  await page.getByText("There is no such thread").waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /not found|has no traces/);
  await lists.open(`/projects/${lists.project}/traces/0192a000-0000-7000-8000-000000000000`);
  await page.getByRole("alert").getByText("not found").first().waitFor();
  assert.equal(await page.getByText(/0\s*spans/).count(), 0);
});

test("projects: rows of two lines, whatever they are described with", async () => {
  await lists.call("PATCH", `/projects/${lists.project}`, { description: "words ".repeat(42) });
  await lists.open("/");
  const row = page.getByRole("row", { name: /Lists/ });
  await row.waitFor();
  await picture(page, "projects-described");
  const buttons = await row.getByRole("button").evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top));
  assert.equal(buttons[0], buttons[1]);
  const { height } = await row.boundingBox();
  assert.ok(height < 90, `${height} pixels high`);
  const wraps = await row.locator(".time").evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).whiteSpace));
  assert.deepEqual(wraps, ["nowrap", "nowrap"]);
});
