/**
 * What a node tells of its machine. Nobody has checked it, and it may hold anything.
 */
import { Facts } from '../parts/facts.tsx';
import { Panel } from '../parts/panel.tsx';

const MAX_FACTS = 40;

/** `logicalCores` → `Logical cores`. */
function words(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`;
}

/** See above; nothing without any. */
export function MachineFacts({ facts }: { readonly facts: unknown }) {
  if (typeof facts !== 'object' || facts === null) return null;
  const known = Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .slice(0, MAX_FACTS);
  if (known.length === 0) return null;
  return (
    <Panel title="Machine" hint="As the node tells it">
      <Facts
        facts={known.map(([name, value]) => ({
          name: words(name),
          value: typeof value === 'object' ? <code className="wrap">{JSON.stringify(value)}</code> : String(value),
        }))}
      />
    </Panel>
  );
}
