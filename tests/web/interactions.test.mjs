// What people do with the pages, on both widths where it differs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { checkAxe, openBrowser, picture } from "./support/browser.mjs";
import { call, newId, seed, startServer } from "./support/server.mjs";

let server, ids, browser, page;
const PROJECT = "Web tests";

before(async () => {
  server = await startServer();
  ids = await seed(server);
  browser = await openBrowser();
  page = browser.page;
}, { timeout: 120_000 });
after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = (path) => page.goto(server.url + path);
const list = (rest = "") => open(`/projects/${ids.project}/traces${rest}`);
const rows = () => page.locator(".grid-row");
const query = (name) => new URL(page.url()).searchParams.get(name);
const button = (name) => page.getByRole("button", { name, exact: typeof name === "string" });
const total = async () => Number((await page.locator(".grid-foot [role=status]:not(.spinner)").textContent()).replace(/,/g, "").match(/of (\d+)/)[1]);
const untilTotal = (wanted) => page.waitForFunction((text) => document.querySelector(".grid-foot [role=status]")?.textContent.includes(text), `of ${wanted} `);
const send = (trace) =>
  call(server, "POST", "/traces", { id: newId(), project_name: PROJECT, start_time: new Date().toISOString(), ...trace });

describe("projects", () => {
  test("are created, renamed, searched and deleted", async () => {
    await open("/");
    await button("New project").click();
    await page.getByRole("textbox", { name: "Name" }).fill("Made here");
    await checkAxe(page, "project dialog");
    await button("Create").click();
    await page.getByText("Send traces to this project").waitFor();
    assert.match(await page.locator(".snippet pre").textContent(), new RegExp(server.url.replace(/\W/g, "\\$&")));
    for (const name of ["TypeScript", "OpenTelemetry", "curl"]) {
      await button(name, { exact: true }).click();
      assert.match(await page.locator(".snippet pre").textContent(), new RegExp(server.url.replace(/\W/g, "\\$&")));
    }
    await page.getByRole("link", { name: "ocelli" }).click();
    await button("Rename Made here").click();
    await page.getByRole("textbox", { name: "Name" }).fill("Renamed");
    await button("Save").click();
    await page.getByRole("link", { name: "Renamed" }).waitFor();
    await page.getByLabel("Search projects").fill("renam");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    await button("Delete Renamed").click();
    await page.getByRole("dialog").getByText("can no longer be reached").waitFor();
    await button("Delete", { exact: true }).click();
    await page.getByText("No project has this name").waitFor();
  });

  test("say what the server refuses", async () => {
    await open("/");
    await button("New project").click();
    await page.getByRole("textbox", { name: "Name" }).fill(PROJECT);
    await button("Create").click();
    await page.getByRole("dialog").getByText("Project already exists").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  });

  test("run the snippet of curl", async () => {
    await open(`/projects/${ids.empty}/traces`);
    await button("curl", { exact: true }).click();
    const text = await page.locator(".snippet pre").textContent();
    const { stdout } = await promisify(execFile)("sh", ["-c", text]);
    assert.match(stdout, /201/);
    // The empty page sees the first trace come in.
    await page.locator(".grid-row").first().waitFor({ timeout: 12_000 });
  });
});

describe("lists", () => {
  test("keys: search, move, open, close, help", async () => {
    await list();
    await rows().first().waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await checkAxe(page, "help");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "1");
    await page.keyboard.press("k");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.index), "0");
    await page.keyboard.press("x");
    await page.getByText("1 trace selected").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("1 trace selected").waitFor({ state: "hidden" });
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Trace" }).waitFor();
    assert.ok(query("trace"));
    await page.keyboard.press("n");
    await page.waitForTimeout(100);
    await page.keyboard.press("Escape");
    await page.getByRole("complementary", { name: "Trace" }).waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    await page.keyboard.type("job 3");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.search.includes("search=job+3"));
    await untilTotal(36);
  });

  test("load more rows when scrolled, and only draw those in sight", async () => {
    await list();
    await rows().first().waitFor();
    await page.keyboard.press("j");
    // Each time at the end, more come.
    const all = () => page.waitForFunction(() => /^259 of 259/.test(document.querySelector(".grid-foot [role=status]").textContent), null, { timeout: 400 });
    let loaded = false;
    for (let i = 0; i < 50 && !loaded; i++) {
      await page.keyboard.press("End");
      loaded = await all().then(() => true, () => false);
    }
    assert.ok(loaded);
    await page.keyboard.press("End");
    assert.ok((await rows().count()) < 60);
    await page.getByRole("row", { name: /chat openai/ }).waitFor();
  });

  test("filters: built, in the address, shown, removed", async () => {
    await list();
    await button(/^Filters/).click();
    const condition = page.getByRole("group", { name: "Condition 1" });
    await condition.getByLabel("Field").selectOption("tags");
    await condition.getByLabel("Value").fill("odd");
    await button("Add condition").click();
    const second = page.getByRole("group", { name: "Condition 2" });
    await second.getByLabel("Field").selectOption("duration");
    await button("Apply").click();
    await second.getByText("Give a value").waitFor();
    await second.getByLabel("Value").fill("700");
    await checkAxe(page, "filter builder");
    await picture(page, "filter-builder");
    await button("Apply").click();
    await untilTotal(12);
    assert.deepEqual(JSON.parse(query("filters")), [
      { field: "tags", operator: "contains", value: "odd" },
      { field: "duration", operator: ">", value: "700" },
    ]);
    const url = page.url();
    await open("/");
    await page.goto(url);
    await untilTotal(12);
    await button("Remove Duration > 700").click();
    await untilTotal(125);
    await button("Clear all").click();
    await untilTotal(259);
    await page.goBack();
    await untilTotal(125);
  });

  test("filters: a path into metadata, and as OQL", async () => {
    await list();
    await button(/^Filters/).click();
    const condition = page.getByRole("group", { name: "Condition 1" });
    await condition.getByLabel("Field").selectOption("metadata");
    await condition.getByLabel("Path").fill("nested.list[2].deep");
    await condition.getByLabel("Value").fill("needle");
    await button("As OQL").click();
    await untilTotal(4);
    assert.equal(query("oql"), 'metadata."nested.list[2].deep" contains "needle"');
  });

  test("OQL: completion, what is wrong, result", async () => {
    await list();
    const line = page.getByLabel("OQL query");
    await line.click();
    await line.pressSequentially("dur");
    await page.getByRole("option", { name: /duration/ }).waitFor();
    await checkAxe(page, "completion");
    await picture(page, "oql-completion");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: ">=" }).waitFor();
    await line.pressSequentially(">= 1000 and");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByText("Column 21: expected a field").waitFor();
    await line.fill('duration >= 1000 and not tags contains "openai"');
    await page.keyboard.press("Enter");
    await untilTotal(3);
    await line.fill("");
    await untilTotal(259);
  });

  test("columns: chosen, sized, moved, kept", async () => {
    await list();
    await rows().first().waitFor();
    await button("Columns").click();
    await page.getByLabel("Output", { exact: true }).uncheck();
    await page.getByLabel("Thread", { exact: true }).check();
    await button("Move Duration to the left").click();
    await checkAxe(page, "columns");
    await page.keyboard.press("Escape");
    const heads = async () => (await page.getByRole("columnheader").allTextContents()).filter(Boolean);
    const wanted = ["Name", "Status", "Duration", "Start"];
    assert.deepEqual((await heads()).slice(0, 4), wanted);
    assert.ok(query("columns").includes("thread_id"));
    const handle = page.getByRole("separator", { name: "Width of Name" });
    const width = Number(await handle.getAttribute("aria-valuenow"));
    const box = await handle.boundingBox();
    await page.mouse.move(box.x + 4, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 64, box.y + 10);
    await page.mouse.up();
    await handle.press("ArrowRight");
    assert.equal(Number(await handle.getAttribute("aria-valuenow")), width + 70);
    await list();
    await rows().first().waitFor();
    assert.deepEqual((await heads()).slice(0, 4), wanted);
    assert.equal(Number(await handle.getAttribute("aria-valuenow")), width + 70);
    await button("Columns").click();
    await button("As at first").click();
    assert.ok((await heads()).includes("Output"));
  });

  test("sort by a column, and time range", async () => {
    await list();
    await rows().first().waitFor();
    await page.getByRole("columnheader", { name: "Duration" }).getByRole("button").click();
    await page.waitForFunction(() => document.querySelector(".grid-row[data-index='0']")?.textContent.includes("1.50 s"));
    assert.equal(query("sort"), "duration:DESC");
    assert.equal(await page.getByRole("columnheader", { name: "Duration" }).getAttribute("aria-sort"), "descending");
    await button(/^Time range/).click();
    await button("Last 24 hours").click();
    assert.equal(query("range"), "24h");
    await untilTotal(259);
    await button(/^Time range/).click();
    await page.getByLabel("To", { exact: true }).fill("2020-01-01T00:00:00");
    await page.keyboard.press("Enter");
    await page.getByText("No traces match").waitFor();
    await button("Show all").click();
    await untilTotal(259);
  });

  test("live rows, and the pause button", async () => {
    await list();
    await rows().first().waitFor();
    await page.waitForFunction(() => document.querySelector(".live-button[data-state=live],.live-button[data-state=polling]"));
    await send({ name: "came in live" });
    await page.getByText("came in live").waitFor({ timeout: 12_000 });
    await button(/Live|Every/).click();
    await button("Paused").waitFor();
    await send({ name: "came in while paused" });
    await page.waitForTimeout(6000);
    assert.equal(await page.getByText("came in while paused").count(), 0);
    await button("Paused").click();
    await page.getByText("came in while paused").waitFor({ timeout: 12_000 });
  });

  test("live spans, and threads", async () => {
    const trace = newId();
    await open(`/projects/${ids.project}/spans`);
    await page.locator(".live-button[data-state=live]").waitFor();
    await call(server, "POST", "/spans", { id: newId(), trace_id: trace, project_name: PROJECT, name: "live span", start_time: new Date().toISOString() });
    await page.getByRole("row", { name: /live span/ }).waitFor();
    await open(`/projects/${ids.project}/threads`);
    await page.locator(".live-button[data-state=live]").waitFor();
    await send({ id: trace, name: "live", thread_id: "live thread", input: { text: "hello" } });
    await page.getByRole("row", { name: /live thread/ }).waitFor();
  });

  test("many at once: tag, export, delete", async () => {
    for (let i = 0; i < 3; i++) await send({ name: `bulk ${i}`, input: { text: 'say "hi", =1' }, tags: ["bulk"] });
    await list(`?oql=${encodeURIComponent('tags contains "bulk"')}`);
    await untilTotal(3);
    await page.getByLabel("Select all rows that are loaded").check();
    await page.getByText("3 traces selected").waitFor();
    await checkAxe(page, "selected rows");
    await page.getByRole("toolbar").getByRole("button", { name: "Tags" }).click();
    await page.getByLabel("Add, separated by commas").fill("one, two");
    await page.getByLabel("bulk", { exact: true }).check();
    await button("Save").click();
    await page.getByText("No traces match").waitFor();
    await page.getByLabel("OQL query").fill('tags contains "two"');
    await page.keyboard.press("Enter");
    await untilTotal(3);
    // Another query, another selection.
    await page.getByText("3 traces selected").waitFor({ state: "hidden" });
    await page.getByLabel("Select all rows that are loaded").check();
    const exported = async (label, format) => {
      await button(label).click();
      const [download] = await Promise.all([page.waitForEvent("download"), button(`As ${format}`).click()]);
      return readFileSync(await download.path(), "utf8");
    };
    const json = JSON.parse(await exported("Export all rows that match", "JSON"));
    assert.deepEqual(json.map((row) => row.name).sort(), ["bulk 0", "bulk 1", "bulk 2"]);
    assert.deepEqual(json[0].input, { text: 'say "hi", =1' });
    await page.getByLabel("Select bulk 1").uncheck();
    await page.getByText("2 traces selected").waitFor();
    const csv = await exported("Export the selected rows", "CSV");
    assert.equal(csv.trim().split("\r\n").length, 3);
    assert.doesNotMatch(csv, /bulk 1/);
    assert.match(csv, /,"\{""text"":""say \\""hi\\"", =1""\}",/);
    await page.getByLabel("Select all rows that are loaded").check();
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No traces match").waitFor();
  });
});

describe("a trace", () => {
  const openTrace = (name, rest = "") => open(`/projects/${ids.project}/traces/${ids[name]}${rest}`);
  const detail = () => page.locator(".detail");

  test("spans: keys, fold, search, link", async () => {
    await openTrace("openai");
    await page.getByRole("treeitem", { name: /generate/ }).waitFor();
    for (const _ of [1, 2, 3]) await page.keyboard.press("j");
    await detail().getByText("gpt-4o · openai").waitFor();
    const span = query("span");
    await page.reload();
    await detail().getByText("gpt-4o · openai").waitFor();
    assert.equal(query("span"), span);
    await page.keyboard.press("ArrowLeft");
    await page.locator(".tree-row[aria-selected=true]", { hasText: "agent" }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("treeitem", { name: /generate/ }).waitFor({ state: "hidden" });
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("Search spans").fill("retr");
    await page.getByRole("treeitem", { name: /generate/ }).waitFor({ state: "hidden" });
    await page.getByRole("treeitem", { name: /retrieve/ }).click();
    await detail().getByText("documents").first().waitFor();
  });

  test("views: messages, tree with search, YAML, raw; image and audio", async () => {
    await openTrace("openai");
    const input = page.getByRole("region", { name: "Input", exact: true });
    const image = input.getByRole("img");
    await image.waitFor();
    assert.equal(await image.evaluate((element) => element.naturalWidth), 160);
    await input.getByRole("button", { name: "Pretty" }).click();
    await input.getByLabel("Search in Input").fill("careful");
    await input.locator("mark").waitFor();
    await checkAxe(page, "JSON tree");
    await input.getByRole("button", { name: "YAML" }).click();
    await input.getByText("model: ").waitFor();
    await input.getByRole("button", { name: "Raw" }).click();
    await input.getByText('"model": "gpt-4o"').waitFor();
    await openTrace("gemini");
    const audio = page.locator("audio").first();
    await audio.waitFor();
    assert.ok(await audio.evaluate((element) => element.src.startsWith("data:audio/wav")));
    await openTrace("anthropic");
    await page.locator(".message strong", { hasText: "3 °C" }).waitFor();
    await page.getByText("Thinking").click();
    await page.getByText("I need the tool.").waitFor();
  });

  test("scores and comments: given, changed, removed; tags", async () => {
    await openTrace("langchain");
    const scores = page.getByRole("region", { name: "Scores" });
    await scores.getByRole("button", { name: "Other score" }).click();
    await scores.getByLabel("Name of the score").fill("helpful");
    await scores.getByLabel("Value of helpful").fill("0.5");
    await scores.getByLabel("Reason").fill("half of it");
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.locator("[data-score=helpful]").getByText("half of it").waitFor();
    await scores.getByRole("button", { name: "Change score helpful" }).click();
    await scores.getByLabel("Value of helpful").fill("0.75");
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.getByText("0.75").waitFor();
    const stored = await call(server, "GET", `/traces/${ids.langchain}`);
    assert.equal(stored.feedback_scores[0].value, 0.75);
    assert.equal(stored.feedback_scores[0].source, "ui");
    const comments = page.getByRole("region", { name: "Comments" });
    await comments.getByLabel("New comment").fill("First");
    await comments.getByRole("button", { name: "Comment", exact: true }).click();
    await comments.getByText("First", { exact: true }).waitFor();
    await comments.getByRole("button", { name: "Change comment" }).click();
    await comments.getByLabel("Comment", { exact: true }).fill("Second");
    await comments.getByRole("button", { name: "Save" }).click();
    await comments.getByText("Second", { exact: true }).waitFor();
    await checkAxe(page, "annotated trace");
    await comments.getByRole("button", { name: "Remove comment" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await comments.getByText("Second", { exact: true }).waitFor({ state: "hidden" });
    await scores.getByRole("button", { name: "Remove score helpful" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await scores.locator("[data-score=helpful]").waitFor({ state: "hidden" });
    const tags = page.getByRole("region", { name: "Tags" });
    await tags.getByLabel("Add tag").fill("seen");
    await tags.getByRole("button", { name: "Add", exact: true }).click();
    await tags.getByText("seen", { exact: true }).waitFor();
    await tags.getByRole("button", { name: "Remove tag chat" }).click();
    await tags.getByText("chat", { exact: true }).waitFor({ state: "hidden" });
    assert.deepEqual((await call(server, "GET", `/traces/${ids.langchain}`)).tags.sort(), ["langchain", "seen"]);
  });

  test("scores, comments and tags of a span", async () => {
    await openTrace("gemini");
    await page.getByRole("treeitem", { name: /generate/ }).click();
    await detail().getByText("model-x").first().waitFor();
    const scores = page.getByRole("region", { name: "Scores" });
    await scores.getByRole("button", { name: "Other score" }).click();
    await scores.getByLabel("Name of the score").fill("exact");
    await scores.getByLabel("Value of exact").fill("1");
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.locator("[data-score=exact]").waitFor();
    const comments = page.getByRole("region", { name: "Comments" });
    await comments.getByLabel("New comment").fill("On the span");
    await comments.getByRole("button", { name: "Comment", exact: true }).click();
    await comments.getByText("On the span", { exact: true }).waitFor();
    const tags = page.getByRole("region", { name: "Tags" });
    await tags.getByLabel("Add tag").fill("of a span");
    await tags.getByLabel("Add tag").press("Enter");
    await tags.getByText("of a span", { exact: true }).waitFor();
  });

  test("next and previous, from the list and on a page of its own", async () => {
    await list(`?oql=${encodeURIComponent('tags contains "chat"')}`);
    await rows().first().click();
    const first = query("trace");
    await button("Next trace (n)").click();
    assert.notEqual(query("trace"), first);
    await page.keyboard.press("b");
    assert.equal(query("trace"), first);
    await list(`?trace=${ids.anthropic}`);
    await page.getByText("take a coat").waitFor();
    await button("Next trace (n)").click();
    await page.waitForFunction((id) => location.search.includes(id), ids.openai);
    await openTrace("anthropic");
    await button("Older trace (n)").click();
    await page.waitForFunction((id) => location.pathname.endsWith(id), ids.openai);
    await button("Newer trace (b)").click();
    await page.waitForFunction((id) => location.pathname.endsWith(id), ids.anthropic);
  });

  test("a running one ends before one's eyes", async () => {
    const id = newId();
    await send({ id, name: "running here" });
    await open(`/projects/${ids.project}/traces/${id}`);
    await page.locator(".trace-head").getByText("running", { exact: true }).waitFor();
    await call(server, "PATCH", `/traces/${id}`, { end_time: new Date(Date.now() + 1000).toISOString(), output: { text: "it has ended" } });
    await page.getByText("it has ended").waitFor();
    await page.locator(".trace-head").getByText("running", { exact: true }).waitFor({ state: "hidden" });
  });

  test("what is not there says so", async () => {
    await open(`/projects/${ids.project}/traces/${newId()}`);
    await page.getByRole("alert").getByText("not found").first().waitFor();
  });
});

describe("threads", () => {
  test("a conversation with scores, comments and tags", async () => {
    await open(`/projects/${ids.project}/threads`);
    await page.getByRole("row", { name: /conversation-1/ }).click();
    const panel = page.getByRole("complementary", { name: "Thread" });
    await panel.getByText("Answer number 3.").waitFor();
    const scores = panel.getByRole("region", { name: "Scores" });
    await scores.getByRole("button", { name: "Other score" }).click();
    await scores.getByLabel("Name of the score").fill("polite");
    await scores.getByLabel("Value of polite").fill("1");
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.locator("[data-score=polite]").waitFor();
    const comments = panel.getByRole("region", { name: "Comments" });
    await comments.getByLabel("New comment").fill("Well said");
    await comments.getByRole("button", { name: "Comment", exact: true }).click();
    await comments.getByText("Well said", { exact: true }).waitFor();
    const tags = panel.getByRole("region", { name: "Tags" });
    await tags.getByLabel("Add tag").fill("kept");
    await tags.getByLabel("Add tag").press("Enter");
    await tags.getByText("kept", { exact: true }).waitFor();
    await panel.getByRole("button", { name: "Mark inactive" }).click();
    await panel.getByRole("button", { name: "Mark active" }).waitFor();
    await panel.getByRole("link", { name: "turn" }).first().click();
    await page.getByRole("tree").waitFor();
  });
});

describe("statistics", () => {
  const chart = (name) => page.getByRole("region", { name, exact: true });

  test("charts, and zoom by dragging", async () => {
    await open(`/projects/${ids.project}/statistics?range=24h`);
    for (const name of ["Count", "Error rate", "Latency", "Tokens", "Cost"]) await chart(name).locator("canvas").waitFor();
    for (const name of ["p50", "p90", "p99"]) await chart("Latency").getByText(name, { exact: true }).waitFor();
    assert.match(await chart("Count").getByRole("img").getAttribute("aria-label"), /highest [1-9]/);
    const box = await chart("Count").locator(".u-over").boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await button("Zoom out").waitFor();
    const length = Date.parse(query("to")) - Date.parse(query("from"));
    assert.ok(length > 9 * 3_600_000 && length < 15 * 3_600_000, `${length} ms`);
    await page.getByText("Show the traces of this range").waitFor();
    await button("Zoom out").click();
    assert.equal(query("from"), null);
  });

  test("broken down by name, model, environment", async () => {
    await open(`/projects/${ids.project}/statistics?range=24h`);
    await page.getByLabel("by").selectOption("name");
    await chart("Count").getByText("job 3").waitFor();
    await button("Spans").click();
    await page.getByLabel("by").selectOption("model");
    for (const name of ["Count", "Latency", "Tokens", "Cost"]) await chart(name).getByText("model-x").first().waitFor();
    await picture(page, "statistics-models");
    await send({ name: "in production", end_time: new Date(Date.now() + 500).toISOString(), environment: "production" });
    await open(`/projects/${ids.project}/statistics?range=24h&by=environment`);
    await chart("Count").getByText("production").waitFor();
  });
});

describe("configuration", () => {
  test("feedback definitions: made, used, changed, deleted", async () => {
    await open("/configuration");
    await button("New definition").click();
    await page.getByRole("textbox", { name: "Name" }).fill("Verdict");
    await page.getByLabel("Category 1", { exact: true }).fill("right");
    await page.getByLabel("Category 2", { exact: true }).fill("wrong");
    await checkAxe(page, "definition dialog");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByText("right = 1, wrong = 0").waitFor();
    await button("New definition").click();
    await page.getByRole("textbox", { name: "Name" }).fill("Stars");
    await button("Number").click();
    await page.getByLabel("Highest").fill("5");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByText("0 … 5").waitFor();
    await button("New definition").click();
    await page.getByRole("textbox", { name: "Name" }).fill("Safe");
    await button("Yes or no").click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByText("Yes = 1, No = 0").waitFor();
    await open(`/projects/${ids.project}/traces/${ids.anthropic}`);
    const scores = page.getByRole("region", { name: "Scores" });
    await scores.getByRole("button", { name: "Verdict" }).click();
    await scores.getByRole("button", { name: "right" }).click();
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.locator("[data-score=Verdict]").getByText("right (1)").waitFor();
    await scores.getByRole("button", { name: "Safe" }).click();
    await scores.getByRole("button", { name: "No", exact: true }).click();
    await scores.getByRole("button", { name: "Save" }).click();
    await scores.locator("[data-score=Safe]").waitFor();
    await checkAxe(page, "scores");
    await open("/configuration");
    await button("Change Stars").click();
    await page.getByLabel("Highest").fill("10");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByText("0 … 10").waitFor();
    for (const name of ["Stars", "Verdict", "Safe"]) {
      await button(`Delete ${name}`).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await button(`Delete ${name}`).waitFor({ state: "hidden" });
    }
  });

  test("environments and the workspace", async () => {
    await open("/configuration");
    await button("New environment").click();
    await page.getByRole("textbox", { name: "Name" }).fill("canary");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await button("Change canary").click();
    await page.getByLabel("Description").fill("a few first");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText("a few first").waitFor();
    await button("Delete canary").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await button("Delete canary").waitFor({ state: "hidden" });
    const workspace = page.getByRole("region", { name: "Workspace" });
    await workspace.getByLabel("Minutes until").fill("30");
    await workspace.getByLabel("Cut long values").uncheck();
    await workspace.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    assert.deepEqual(await call(server, "GET", "/workspaces/configurations"), { timeout_to_mark_thread_as_inactive: "PT30M", truncation_on_tables: false });
    const [request] = await Promise.all([page.waitForRequest(/\/private\/traces\?/), list()]);
    assert.match(request.url(), /truncate=false/);
  });
});

describe("the frame", () => {
  test("theme: chosen and kept", async () => {
    await open("/");
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await button(/^Theme: system/).click();
    await button(/^Theme: light/).click();
    await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, light);
    const dark = await ground();
    await page.reload();
    await button(/^Theme: dark/).waitFor();
    assert.equal(await ground(), dark);
    await button(/^Theme: dark/).click();
  });

  test("links of SDKs, with the workspace in front", async () => {
    await open(`/default/projects/${ids.project}/traces?tab=logs&trace=${ids.error}`);
    await page.getByText("the model did not answer").first().waitFor();
  });

  test("a server that is gone", async () => {
    await open("/");
    await page.getByRole("link", { name: PROJECT }).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByRole("link", { name: PROJECT }).click();
    await page.getByText("The server cannot be reached").first().waitFor();
    await page.unroute("**/api/**");
    await button("Try again").first().click();
    await rows().first().waitFor();
  });
});

test("on a phone: open, read, close a trace; choose rows", { timeout: 60_000 }, async (t) => {
  const phone = await openBrowser({ size: "phone" });
  t.after(() => phone.close());
  const small = phone.page;
  await small.goto(`${server.url}/projects/${ids.project}/traces?oql=${encodeURIComponent('tags contains "openai"')}`);
  await small.locator(".grid-row").first().tap();
  await small.locator(".panel").getByText("What is in this picture?").waitFor();
  await small.getByRole("treeitem", { name: /retrieve/ }).tap();
  await small.getByText("documents").first().waitFor();
  await small.getByRole("button", { name: "Close (Esc)" }).tap();
  await small.locator(".panel").waitFor({ state: "hidden" });
  await small.getByLabel("Select chat openai").tap();
  await small.getByText("1 trace selected").waitFor();
});
