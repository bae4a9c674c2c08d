/**
 * The donate link as a picture for telephones: a QR code without styles of its own, black on white in dark surroundings
 * too, because not every camera reads it inverted.
 */
import { renderSVG } from 'uqr';

const PIXEL_SIZE = 8;
/** Light modules around it; readers want four. */
const BORDER = 4;

/** An SVG document. */
export function qrCode(text: string): string {
  return renderSVG(text, { pixelSize: PIXEL_SIZE, border: BORDER, ecc: 'M' });
}
