/** A trace on a page of its own. */
import type { VNode } from "preact";
import { ask } from "../api/client";
import type { Page, Trace } from "../api/types";
import { IconButton } from "../components/basics";
import { TraceView } from "../components/trace_view";
import { useKeys } from "../state/keys";
import { useLoad } from "../state/load";
import { link, navigate, setQuery, type Place } from "../state/route";

interface Neighbours {
  newer: string | undefined;
  older: string | undefined;
}

/** The traces beside it in the server's own order, newest id first. */
async function loadNeighbours(project: string, trace: string, signal: AbortSignal): Promise<Neighbours> {
  const near = async (operator: string, direction: string) => {
    const page = await ask<Page<Trace>>("traces", {
      query: {
        project_id: project,
        size: 1,
        filters: JSON.stringify([{ field: "id", operator, value: trace }]),
        sorting: JSON.stringify([{ field: "id", direction }]),
        exclude: JSON.stringify(["input", "output", "metadata"]),
      },
      signal,
    });
    return page.content[0]?.id;
  };
  const [newer, older] = await Promise.all([near(">", "ASC"), near("<", "DESC")]);
  return { newer, older };
}

export function TracePage({ project, trace, place }: { project: string; trace: string; place: Place }): VNode {
  const { data } = useLoad(`neighbours ${trace}`, (signal) => loadNeighbours(project, trace, signal));
  const go = (id: string | undefined) => id && navigate(link("projects", project, "traces", id));
  const back = () => navigate(link("projects", project, "traces"));
  useKeys({ Escape: back, n: () => go(data?.older), b: () => go(data?.newer) });
  return (
    <TraceView
      project={project}
      trace={trace}
      span={place.query.get("span")}
      onSelect={(id) => setQuery({ span: id }, true)}
      actions={
        <div class="row" style={{ gap: "2px", flexWrap: "nowrap" }}>
          <IconButton icon="up" label="Newer trace (b)" disabled={!data?.newer} onClick={() => go(data?.newer)} />
          <IconButton icon="down" label="Older trace (n)" disabled={!data?.older} onClick={() => go(data?.older)} />
          <IconButton icon="back" label="All traces (Esc)" onClick={back} />
        </div>
      }
    />
  );
}
