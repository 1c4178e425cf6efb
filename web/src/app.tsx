/** The frame around all pages: where one is, theme, help. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog, Empty, IconButton } from "./components/basics";
import { Icon } from "./components/icon";
import { Notices } from "./components/notice";
import { ConfigurationPage } from "./pages/configuration";
import { ProjectPage, useProject } from "./pages/project";
import { ProjectsPage } from "./pages/projects";
import { ThreadView } from "./pages/thread";
import { TracePage } from "./pages/trace_page";
import { KEY_HELP, useKeys } from "./state/keys";
import { link, parsePath, usePlace, type Place, type Route } from "./state/route";
import { applyTheme, currentTheme, THEMES, type Theme } from "./state/theme";
import { titled } from "./state/title";

export function App(): VNode {
  const place = usePlace();
  const { route } = parsePath(place.path);
  const [help, setHelp] = useState(false);
  useKeys({
    "?": () => setHelp(true),
    "/": focusSearch,
  });
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <header class="top">
        <Where route={route} />
        <ThemeButton />
        <IconButton icon="help" label="Keys" onClick={() => setHelp(true)} />
        <a class="icon-button row" href={link("configuration")} aria-label="Configuration" title="Configuration">
          <Icon name="settings" />
        </a>
      </header>
      <main id="main" tabIndex={-1} class={scrolls(route) ? "scrolls" : ""}>
        <PageOf route={route} place={place} />
      </main>
      {help && <Help onClose={() => setHelp(false)} />}
      <Notices />
    </div>
  );
}

/** The search of what is in front. */
function focusSearch(): void {
  const front = document.querySelector(".panel") ?? document;
  front.querySelector<HTMLInputElement>("input[data-search]")?.focus();
}

function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function scrolls(route: Route): boolean {
  return route.page === "projects" || route.page === "configuration" || route.page === "unknown";
}

function PageOf({ route, place }: { route: Route; place: Place }): VNode {
  useEffect(() => {
    document.title = titleOf(route);
  }, [place.path]);
  switch (route.page) {
    case "projects":
      return <ProjectsPage place={place} />;
    case "project":
      return <ProjectPage key={route.project} project={route.project} tab={route.tab} place={place} />;
    case "trace":
      return <TracePage key={route.trace} project={route.project} trace={route.trace} place={place} />;
    case "thread":
      return <ThreadView key={route.thread} project={route.project} thread={route.thread} />;
    case "configuration":
      return <ConfigurationPage />;
    case "unknown":
      return (
        <Empty title="There is no such page">
          <h1 class="sr-only">Not found</h1>
          <a href={link("projects")}>All projects</a>
        </Empty>
      );
  }
}

function titleOf(route: Route): string {
  if (route.page === "project") return titled(route.tab);
  if (route.page === "thread") return titled(route.thread);
  return route.page === "unknown" ? "ocelli" : titled(route.page);
}

function Where({ route }: { route: Route }): VNode {
  const id = "project" in route ? route.project : null;
  const project = useProject(id);
  return (
    <nav aria-label="Where you are">
      <a class="brand" href={link("projects")}>
        <span class="brand-dot" /> ocelli
      </a>
      {id && (
        <>
          <span class="sep">/</span>
          <a class="crumb" href={link("projects", id, "traces")}>
            {project.data?.name ?? (project.error ? "unknown project" : "…")}
          </a>
        </>
      )}
    </nav>
  );
}

function ThemeButton(): VNode {
  const [theme, setTheme] = useState<Theme>(currentTheme());
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  const change = () => {
    applyTheme(next);
    setTheme(next);
  };
  return <IconButton icon={theme} label={`Theme: ${theme}. Change to ${next}`} onClick={change} />;
}

function Help({ onClose }: { onClose: () => void }): VNode {
  return (
    <Dialog title="Keys" onClose={onClose} wide>
      <div class="help">
        {KEY_HELP.map((group) => (
          <section key={group.where}>
            <h3>{group.where}</h3>
            <dl>
              {group.keys.map((key) => (
                <>
                  <dt>
                    <kbd>{key.keys}</kbd>
                  </dt>
                  <dd>{key.what}</dd>
                </>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

