/**
 * The mark: a sun with eight rays, in a square of 24. Everything that shows it draws it from here, in the colour of its
 * place.
 */

/** Width and height of the square that the numbers below are in. */
export const MARK_SIZE = 24;
/** The disc stands in the middle. */
export const MARK_RADIUS = 5;
/** The rays as one path, to be stroked with {@link MARK_STROKE} and round ends. */
export const MARK_RAYS =
  'M12 1.5v3M12 19.5v3M1.5 12h3M19.5 12h3M4.6 4.6l2.1 2.1M17.3 17.3l2.1 2.1M4.6 19.4l2.1-2.1M17.3 6.7l2.1-2.1';
/** Width of a ray. */
export const MARK_STROKE = 2;
