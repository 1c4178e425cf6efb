// A project with some traces, and the words of its lists.
import { call, newId, startServer } from "./server.mjs";
import { openBrowser } from "./browser.mjs";

const BATCH = 1000;

export async function addTraces(server, project, traces) {
  const now = Date.now();
  const all = traces.map((trace, index) => ({
    id: newId(),
    project_name: project,
    start_time: new Date(now - 60_000 + index).toISOString(),
    end_time: new Date(now - 59_000 + index).toISOString(),
    ...trace,
  }));
  for (let at = 0; at < all.length; at += BATCH) await call(server, "POST", "/traces/batch", { traces: all.slice(at, at + BATCH) });
  return all.map((trace) => trace.id);
}

export const findProject = async (server, name) => (await call(server, "GET", `/projects?name=${encodeURIComponent(name)}`)).content[0].id;

/** The server, a browser, and what the tests say of a list's page. */
export async function openLists({ name, traces, size }) {
  const server = await startServer();
  const ids = await addTraces(server, name, traces);
  const project = await findProject(server, name);
  const browser = await openBrowser({ size });
  const { page } = browser;
  const foot = () => page.locator(".grid-foot [role=status]:not(.spinner)");
  return {
    server,
    ids,
    project,
    page,
    foot,
    open: (path) => page.goto(server.url + path),
    list: async (rest = "", kind = "traces") => {
      await page.goto(`${server.url}/projects/${project}/${kind}${rest}`);
      await page.locator(".grid-row").first().waitFor();
    },
    /** From here on what is written comes in. */
    live: () => page.locator(".live-button[data-state=live]").waitFor(),
    rows: () => page.locator(".grid-row"),
    row: (id) => page.locator(`.grid-row[data-id="${id}"]`),
    button: (label) => page.getByRole("button", { name: label, exact: typeof label === "string" }),
    query: (member) => new URL(page.url()).searchParams.get(member),
    total: async () => Number((await foot().textContent()).replace(/,/g, "").match(/of (\d+)/)[1]),
    untilTotal: (wanted) => foot().filter({ hasText: `of ${wanted} ` }).waitFor(),
    send: async (trace = {}) => (await addTraces(server, name, [{ start_time: new Date().toISOString(), end_time: undefined, input: { text: "came in" }, ...trace }]))[0],
    call: (...call_) => call(server, ...call_),
    async close() {
      await browser.close();
      await server.stop();
    },
  };
}
