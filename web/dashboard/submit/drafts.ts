/**
 * What somebody has written and not yet sent off: kept for as long as the tab is open, also while they look at other examples
 * and pages.
 */
const PREFIX = 'daylight.draft.';

/** The draft that began with this example; undefined if there is none. */
export function readDraft(example: string): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + example) ?? undefined;
  } catch {
    // The browser keeps nothing for this page.
    return undefined;
  }
}

/** Keeps a draft, or drops it when it is what the example was. */
export function keepDraft(example: string, source: string, original: string): void {
  try {
    if (source === original) sessionStorage.removeItem(PREFIX + example);
    else sessionStorage.setItem(PREFIX + example, source);
  } catch {
    // Nothing is kept, or there is no room: the draft lives in the editor.
  }
}
