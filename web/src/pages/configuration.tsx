/** Feedback definitions, environments and the workspace's settings. */
import type { VNode } from "preact";
import { DefinitionsSection } from "./definitions";
import { EnvironmentsSection } from "./environments";
import { WorkspaceSection } from "./workspace_settings";

export function ConfigurationPage(): VNode {
  return (
    <div class="page">
      <h1>Configuration</h1>
      <DefinitionsSection />
      <EnvironmentsSection />
      <WorkspaceSection />
    </div>
  );
}
