/**
 * Puts text on the clipboard. The modern way needs https and a permission; a cluster in a home has neither, so the old one
 * comes after it.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('readonly', '');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  // Inside a dialog that keeps the focus, the selection must be inside too.
  const place = focused?.closest('[role=dialog]') ?? document.body;
  place.append(area);
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else works without https
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
