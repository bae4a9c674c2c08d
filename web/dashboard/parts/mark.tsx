/**
 * The mark of the project, drawn in the colour of its place.
 */
import { MARK_RADIUS, MARK_RAYS, MARK_SIZE, MARK_STROKE } from '../../design/mark.ts';

/** See above; `size` in CSS pixels. */
export function Mark({ size }: { readonly size: number }) {
  const middle = MARK_SIZE / 2;
  return (
    <svg className="mark" width={size} height={size} viewBox={`0 0 ${MARK_SIZE} ${MARK_SIZE}`} aria-hidden>
      <circle cx={middle} cy={middle} r={MARK_RADIUS} fill="currentColor" />
      <path d={MARK_RAYS} stroke="currentColor" strokeWidth={MARK_STROKE} strokeLinecap="round" />
    </svg>
  );
}
