/** How programs send their first trace here. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { CopyButton } from "../components/basics";
import { useProject } from "./project";

interface Snippet {
  name: string;
  text: (origin: string, project: string) => string;
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** A header's value in the environment. The SDK undoes one encoding; the server undoes a second one,
 * of characters that most SDKs cannot send in a header. */
export function otelHeader(text: string): string {
  const once = percentEncode(text);
  return /^[ -~]*$/.test(text) ? once : percentEncode(once);
}

const SNIPPETS: readonly Snippet[] = [
  {
    name: "Python",
    text: (origin, project) => `# pip install opik
# export OPIK_URL_OVERRIDE=${origin}/api
import opik

@opik.track(project_name=${JSON.stringify(project)})
def answer(question):
    return "42"

answer("What is 6 times 7?")
opik.flush_tracker()
`,
  },
  {
    name: "TypeScript",
    text: (origin, project) => `// npm install opik
import { Opik } from "opik";

const client = new Opik({
  apiUrl: "${origin}/api",
  projectName: ${JSON.stringify(project)},
});
const trace = client.trace({
  name: "question",
  input: { text: "What is 6 times 7?" },
});
trace.update({ output: { text: "42" } }).end();
await client.flush();
`,
  },
  {
    name: "OpenTelemetry",
    text: (origin, project) => `# Any OpenTelemetry SDK with the OTLP exporter over HTTP
export OTEL_EXPORTER_OTLP_ENDPOINT="${origin}/api/v1/private/otel"
export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
export OTEL_EXPORTER_OTLP_HEADERS="projectName=${otelHeader(project)}"
`,
  },
  {
    name: "curl",
    text: (origin, project) => `curl -i ${origin}/api/v1/private/traces \\
  -H 'Content-Type: application/json' \\
  -d '{"project_name": ${JSON.stringify(project).replace(/'/g, "'\\''")}, "name": "question",
    "start_time": "'$(date -u +%FT%TZ)'", "end_time": "'$(date -u +%FT%TZ)'",
    "input": {"text": "What is 6 times 7?"}, "output": {"text": "42"}}'
`,
  },
];

export function Connect({ project }: { project: string }): VNode {
  const { data } = useProject(project);
  const [chosen, setChosen] = useState(SNIPPETS[0]!);
  const text = chosen.text(location.origin, data?.name ?? "Default Project");
  return (
    <div class="page" style={{ maxWidth: "820px" }}>
      <h2>Send traces to this project</h2>
      <p class="muted">
        This server listens at <b>{location.origin}</b>. New rows appear by themselves.
      </p>
      <div class="segments" role="group" aria-label="Language">
        {SNIPPETS.map((snippet) => (
          <button key={snippet.name} type="button" aria-pressed={snippet === chosen} onClick={() => setChosen(snippet)}>
            {snippet.name}
          </button>
        ))}
      </div>
      <div class="snippet">
        <pre tabIndex={0} aria-label={`${chosen.name} snippet`}>
          {text}
        </pre>
        <CopyButton text={() => text} label={`Copy the ${chosen.name} snippet`} />
      </div>
    </div>
  );
}
