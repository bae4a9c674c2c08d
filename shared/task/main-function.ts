/**
 * The entry point of a submitted job: its module's default export, run as a task by this name. Names of registered functions
 * have a path before the `#`, so none is called like it.
 */

/** In the function table. */
export const MAIN_FUNCTION = '#main';

/** The job as it is known from its `main` on: what it returned, as an archive. */
export const RESULT_FILE = 'result.json';
/** What the archive of a result may have at most: it is kept by the server. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024;
/** One published file. */
export const MAX_PUBLISHED_BYTES = 4 * 1024 * 1024;
