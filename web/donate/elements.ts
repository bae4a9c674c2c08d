/**
 * The little that the page needs of the DOM: elements that are surely there, and writing only what differs, because the
 * same status comes several times a second and a screen reader must not hear of what stayed the same.
 */

/** The element with this id. */
export function byId<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page lacks #${id}`);
  return found;
}

/** Shows or hides. */
export function show(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** Replaces the text. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes an element with text or children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

const drawn = new WeakMap<Element, string>();

/** Fills the element anew if what it is made from changed; `source` is any plain data. */
export function redraw(element: Element, source: unknown, draw: () => readonly Node[]): void {
  const mark = JSON.stringify(source);
  if (drawn.get(element) === mark) return;
  drawn.set(element, mark);
  element.replaceChildren(...draw());
}

/**
 * Writes sentences as paragraphs. The paragraphs stay while their number does: a countdown changes the text of one.
 */
export function writeParagraphs(element: Element, sentences: readonly string[]): void {
  if (element.children.length !== sentences.length) element.replaceChildren(...sentences.map(() => make('p', '')));
  sentences.forEach((sentence, index) => {
    const paragraph = element.children[index];
    if (paragraph !== undefined) write(paragraph, sentence);
  });
}

/** Text in which the parts between backticks are code. */
export function withCode(text: string): Node[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? make('code', '', part) : new Text(part)));
}
