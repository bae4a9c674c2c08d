// Isaac Newton's Opticks: a whole book, as text.
import { gunzip } from '../gunzip.ts';

/**
 * The text of "Opticks: or, a Treatise of the Reflections, Refractions, Inflections and Colours of Light" by Isaac Newton, fourth
 * edition of 1730: about 100 000 words of old English in 700 paragraphs. Paragraphs are parted by empty lines, lines are at most 80 long,
 * _underscores_ stand for italics. In the public domain.
 */
export async function loadOpticks(): Promise<string> {
  // Unpacked by whoever asks for it: a worker that only counts words never pays for it.
  const { packed } = await import('./bytes.ts');
  return new TextDecoder().decode(await gunzip(packed, 'daylight/datasets/opticks'));
}
