// Every page with real data, at both widths, light and dark: it shows what was sent, axe finds
// nothing, nothing sticks out; screenshots are kept.
import { after, before, test } from "node:test";
import { checkAxe, checkHeight, checkWidth, openBrowser, picture, SIZES, THEMES } from "./support/browser.mjs";
import { seed, startServer } from "./support/server.mjs";

let server, ids;

before(async () => {
  server = await startServer();
  ids = await seed(server);
}, { timeout: 120_000 });
after(() => server?.stop());

const in_ = (rest) => () => `/projects/${ids.project}${rest}`;
const PAGES = [
  { name: "projects", path: () => "/", see: "Web tests" },
  { name: "traces", path: in_("/traces"), see: "still running" },
  { name: "traces-filtered", path: in_(`/traces?filters=${encodeURIComponent('[{"field":"tags","operator":"contains","value":"chat"}]')}`), see: "chat openai" },
  { name: "traces-oql-error", path: in_(`/traces?oql=${encodeURIComponent("name like 1")}`), see: "Column 6" },
  { name: "traces-none", path: in_("/traces?search=nothing-has-this"), see: "No traces match" },
  { name: "spans", path: in_("/spans"), see: "generate" },
  { name: "threads", path: in_("/threads"), see: "conversation-1" },
  { name: "statistics", path: in_("/statistics?range=24h"), see: "Latency" },
  { name: "statistics-by-model", path: in_("/statistics?kind=spans&by=model"), see: "Cost" },
  { name: "connect", path: () => `/projects/${ids.empty}/traces`, see: "OPIK_URL_OVERRIDE" },
  { name: "trace-panel", path: () => `/projects/${ids.project}/traces?trace=${ids.openai}`, see: "What is in this picture?" },
  { name: "trace-error", path: () => `/projects/${ids.project}/traces/${ids.error}`, see: "the model did not answer" },
  { name: "trace-anthropic", path: () => `/projects/${ids.project}/traces/${ids.anthropic}`, see: "take a coat" },
  { name: "trace-gemini", path: () => `/projects/${ids.project}/traces/${ids.gemini}`, see: "Silence." },
  { name: "trace-langchain", path: () => `/projects/${ids.project}/traces/${ids.langchain}`, see: "Say hello" },
  { name: "trace-running", path: () => `/projects/${ids.project}/traces/${ids.running}`, see: "running" },
  { name: "thread", path: in_("/threads/conversation-1"), see: "Answer number 3." },
  { name: "thread-panel", path: in_("/threads?thread=conversation-1"), see: "Question number 1?" },
  { name: "configuration", path: () => "/configuration", see: "Feedback definitions" },
  { name: "unknown", path: () => "/no/such/page", see: "There is no such page" },
];

for (const size of Object.keys(SIZES)) {
  for (const theme of THEMES) {
    test(`pages: ${size}, ${theme}`, { timeout: 240_000 }, async (t) => {
      const browser = await openBrowser({ size, theme });
      t.after(() => browser.close());
      const { page } = browser;
      for (const each of PAGES) {
        await t.test(each.name, async () => {
          await page.goto(server.url + each.path());
          await page.getByText(each.see).first().waitFor();
          await page.waitForTimeout(300);
          await picture(page, `${each.name}-${size}-${theme}`);
          await checkWidth(page, each.name);
          await checkHeight(page, each.name);
          await checkAxe(page, each.name);
        });
      }
    });
  }
}
