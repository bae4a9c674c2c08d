/**
 * The name of a remote function, class or method.
 */
import { shortFunction } from '../format/function-name.ts';

/** See above. */
export function Fn({ fn }: { readonly fn: string }) {
  return (
    <span className="mono" title={fn}>
      {shortFunction(fn)}
    </span>
  );
}
