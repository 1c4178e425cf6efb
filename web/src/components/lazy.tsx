/** Components whose code is loaded when they are shown first. */
import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem, Skeleton } from "./basics";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => VNode {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P): VNode {
    const [, redraw] = useState(0);
    const [error, setError] = useState<unknown>(undefined);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          loaded = component;
          redraw(1);
        },
        (problem: unknown) => setError(problem),
      );
    }, []);
    if (error !== undefined) return <Problem error={error} retry={() => location.reload()} />;
    if (!loaded) return <Skeleton />;
    const Component = loaded;
    return <Component {...props} />;
  };
}
