// On a phone every menu opens inside the window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAxe, checkWidth, picture } from "./support/browser.mjs";
import { openLists } from "./support/list_page.mjs";

let lists, page;

before(async () => {
  const traces = Array.from({ length: 5 }, (_, number) => ({ name: `job ${number}` }));
  lists = await openLists({ name: "A project on a phone", traces, size: "phone" });
  page = lists.page;
}, { timeout: 120_000 });
after(() => lists?.close());

async function checkMenu(opener, where) {
  await opener.tap();
  const panel = page.locator(".menu-panel");
  await panel.waitFor();
  const { x, y, width, height } = await panel.boundingBox();
  const size = page.viewportSize();
  await picture(page, `menu-${where.toLowerCase().replace(/\W+/g, "-")}-phone`);
  assert.ok(x >= 0 && x + width <= size.width, `${where}: from ${x} to ${x + width} in a window of ${size.width}`);
  assert.ok(y >= 0 && y + height <= size.height, `${where}: from ${y} to ${y + height} in a window ${size.height} high`);
  await checkWidth(page, where);
  await checkAxe(page, where);
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
}

/** All that open a menu, as they stand on the page. */
async function checkMenus(where) {
  const openers = page.locator(".menu > button");
  await openers.first().waitFor();
  for (const opener of await openers.all()) await checkMenu(opener, `${where} ${await opener.getAttribute("aria-label")}`);
}

for (const kind of ["traces", "spans", "threads"])
  test(`menus of ${kind}`, { timeout: 60_000 }, async () => {
    await lists.open(`/projects/${lists.project}/${kind}`);
    await page.locator(".grid-foot [role=status]").filter({ hasText: "of" }).waitFor();
    await checkMenus(kind);
  });

test("menus of selected rows", { timeout: 60_000 }, async () => {
  await lists.list();
  await lists.rows().first().getByRole("checkbox").tap();
  await page.getByText("1 trace selected").waitFor();
  await checkMenus("selected");
});

test("menus of statistics", { timeout: 60_000 }, async () => {
  await lists.open(`/projects/${lists.project}/statistics`);
  await checkMenus("statistics");
});

test("a menu follows the window", async () => {
  await lists.list();
  await page.setViewportSize({ width: 844, height: 390 });
  await checkMenus("on its side");
});
