/** What is typed into a field before it counts; a new value from elsewhere replaces it. */
import { useEffect, useState } from "preact/hooks";

export function useDraft(value: string): [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return [text, setText];
}
