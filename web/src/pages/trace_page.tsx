/** A trace on a page of its own. */
import type { VNode } from "preact";
import { ask } from "../api/client";
import type { Page, Trace } from "../api/types";
import { IconButton } from "../components/basics";
import { TraceView } from "../components/trace_view";
import { useKeys } from "../state/keys";
import { useLoad } from "../state/load";
import { link, listAddress, navigate, setQuery, type Place } from "../state/route";

export interface Neighbours {
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

export function useNeighbours(project: string, trace: string | null): Neighbours {
  const { data } = useLoad(trace && `neighbours ${project} ${trace}`, (signal) => loadNeighbours(project, trace!, signal));
  return data ?? { newer: undefined, older: undefined };
}

export function TracePage({ project, trace, place }: { project: string; trace: string; place: Place }): VNode {
  const near = useNeighbours(project, trace);
  const go = (id: string | undefined) => {
    if (id) navigate(link("projects", project, "traces", id));
  };
  const back = () => navigate(listAddress("traces", project));
  useKeys({ Escape: back, n: () => go(near.older), b: () => go(near.newer) });
  return (
    <TraceView
      project={project}
      trace={trace}
      span={place.query.get("span")}
      onSelect={(id) => setQuery({ span: id }, true)}
      actions={
        <div class="row" style={{ gap: "2px", flexWrap: "nowrap" }}>
          <IconButton icon="up" label="Newer trace (b)" disabled={!near.newer} onClick={() => go(near.newer)} />
          <IconButton icon="down" label="Older trace (n)" disabled={!near.older} onClick={() => go(near.older)} />
          <IconButton icon="back" label="All traces (Esc)" onClick={back} />
        </div>
      }
    />
  );
}
