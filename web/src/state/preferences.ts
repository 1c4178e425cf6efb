/** The workspace's settings, as far as lists follow them. */
import { ApiError, ask } from "../api/client";
import type { WorkspaceConfiguration } from "../api/types";

/** None is stored until someone does. */
export async function loadConfiguration(signal?: AbortSignal): Promise<WorkspaceConfiguration> {
  try {
    return await ask<WorkspaceConfiguration>("configuration", signal ? { signal } : {});
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return {};
    throw error;
  }
}

let known: Promise<boolean> | null = null;

/** Whether lists ask for long values cut; asked for once, until the settings are changed here. */
export function cutsLongValues(): Promise<boolean> {
  known ??= loadConfiguration().then(
    (configuration) => configuration.truncation_on_tables ?? true,
    () => true,
  );
  return known;
}

export function forgetConfiguration(): void {
  known = null;
}
