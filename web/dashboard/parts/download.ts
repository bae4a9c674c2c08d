/**
 * Hands a file that was made in the page to the person at it.
 */
export function download(name: string, content: string | Uint8Array<ArrayBuffer>, mediaType: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file when the click is over; some take their time over it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
