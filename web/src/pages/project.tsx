/** One project: its tabs. */
import type { VNode } from "preact";
import { lazy } from "../components/lazy";
import { ApiError, ask } from "../api/client";
import type { Project } from "../api/types";
import { Empty, Problem } from "../components/basics";
import { useLoad, type Loaded } from "../state/load";
import { link, TABS, type Place, type Tab } from "../state/route";
import { Connect } from "./connect";
import { ListPage } from "./list";

const StatisticsPage = lazy<{ project: string; place: Place }>(() => import("./statistics").then((module) => module.StatisticsPage));

const LABELS: Record<Tab, string> = {
  traces: "Traces",
  spans: "Spans",
  threads: "Threads",
  statistics: "Statistics",
  connect: "Connect",
};

export function useProject(id: string | null): Loaded<Project> {
  return useLoad(id && `project ${id}`, (signal) => ask<Project>("project", { parts: { id: id! }, signal }));
}

export function ProjectPage({ project, tab, place }: { project: string; tab: Tab; place: Place }): VNode {
  const found = useProject(project);
  if (found.error instanceof ApiError && found.error.isMissing)
    return (
      <Empty title="There is no such project">
        <h1 class="sr-only">Not found</h1>
        <a href={link("projects")}>All projects</a>
      </Empty>
    );
  return (
    <>
      <nav class="tabs" aria-label="Parts of the project">
        {TABS.map((name) => (
          <a key={name} href={link("projects", project, name)} aria-current={name === tab ? "page" : undefined}>
            {LABELS[name]}
          </a>
        ))}
      </nav>
      <h1 class="sr-only">
        {LABELS[tab]} of {found.data?.name ?? "a project"}
      </h1>
      {found.error !== undefined ? (
        <Problem error={found.error} retry={found.reload} />
      ) : (
        <TabContent project={project} tab={tab} place={place} />
      )}
    </>
  );
}

function TabContent({ project, tab, place }: { project: string; tab: Tab; place: Place }): VNode {
  if (tab === "statistics") return <StatisticsPage project={project} place={place} />;
  if (tab === "connect")
    return (
      <div class="grow" style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label="How to connect">
        <Connect project={project} />
      </div>
    );
  return <ListPage key={tab} kind={tab} project={project} place={place} />;
}
