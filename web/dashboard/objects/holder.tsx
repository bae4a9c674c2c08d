/**
 * Who keeps an object from being freed, with a link where that has a page.
 */
import { EntityLink } from '../parts/id.tsx';

/** `in 3.5` is an object that holds it, `node 7` a session, `3.1057` a task. */
export function Holder({ holder }: { readonly holder: string }) {
  const container = /^in (\d+\.\d+)$/.exec(holder)?.[1];
  if (container !== undefined) {
    return (
      <span>
        object <EntityLink kind="object" id={container} />
      </span>
    );
  }
  const node = /^node (\d+)$/.exec(holder)?.[1];
  if (node !== undefined) return <EntityLink kind="node" id={node} name={holder} />;
  if (/^\d+\.\d+$/.test(holder)) {
    return (
      <span>
        task <EntityLink kind="task" id={holder} />
      </span>
    );
  }
  return <span>{holder}</span>;
}
