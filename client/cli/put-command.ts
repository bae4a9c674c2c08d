/**
 * `daylight put`: a file as an object of the cluster. An object lives as long as somebody holds it, and here that is this command:
 * so it stays until Ctrl-C.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { ERRAND_PURPOSE } from './everyday-rows.ts';
import { formatBytes } from './format.ts';
import { untilInterrupted } from './interrupts.ts';
import { print, printJson, say } from './output.ts';
import { parseDuration } from './parse-values.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';
import { type FileForm, formOf, valueOf } from './value-files.ts';

interface PutOptions extends TargetOptions {
  readonly as?: FileForm;
  /** Milliseconds, or true for no limit. */
  readonly hold?: number | true;
  readonly json?: boolean;
}

/** Adds the command. */
export function addPutCommand(program: Command): void {
  const command = program
    .command('put')
    .summary('put a file into the cluster as an object')
    .description(
      'Puts a file into the cluster as an object and prints its id. An object lives as long as somebody holds it, and here that is this command: the object stays until Ctrl-C, or as long as --hold says. Then it goes, unless a job holds it, too.',
    )
    .argument('<file>', 'the file')
    .addOption(
      new Option('--as <form>', 'how it is read (default: by its ending, .json, text or else bytes)').choices([
        'json',
        'text',
        'bytes',
      ]),
    )
    .option('--hold [time]', 'keep it for 30s, 10m or 2h (default: until Ctrl-C)', parseDuration)
    .option('--json', 'print id, job, sizeBytes and form as one line of JSON');
  addTargetOptions(command).addHelpText('after', '\nExample:\n  daylight put words.txt --hold 1h').action(put);
}

async function put(file: string, { as: form = formOf(file), hold = true, json = false, ...rest }: PutOptions) {
  const { address: url, token } = resolveTarget(rest);
  const bytes = await contentOf(file);
  const value = valueOf(bytes, form, file);
  const done = new AbortController();
  const ended = hold === true ? undefined : delay(hold, undefined, { signal: done.signal }).catch(() => undefined);
  const { keepObject } = await import('#client/host/nodejs/object-access.ts');
  const described = { jobName: `put ${path.basename(file)}`, purpose: ERRAND_PURPOSE };
  await keepObject({ url, token, ...described, onWarning: say }, value, {
    onPut({ id, job }) {
      if (json) printJson({ id, job, sizeBytes: bytes.length, form });
      else print(id);
      say(
        `${file} (${formatBytes(bytes.length)} as ${form}) is object ${id}: daylight get ${id}`,
        hold === true ? 'held until Ctrl-C' : `held for ${hold / 1000} s, or until Ctrl-C`,
      );
    },
    until: untilInterrupted(ended).finally(() => done.abort()),
  });
  say('let go');
}

async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new DaylightError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
