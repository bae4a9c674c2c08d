/**
 * Values of command line options, checked where they come in.
 */
import { InvalidArgumentError } from 'commander';
import { labelKeyProblem, labelValueProblem, ROLE_LABEL } from '#shared/task/node-labels.ts';

const MAX_PORT = 65_535;
/** As long as the API takes it. */
const MAX_NAME_CHARS = 200;

/** A TCP port; 0 for any free one. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT)
    throw new InvalidArgumentError(`a port is a whole number from 0 to ${MAX_PORT}.`);
  return port;
}

/** A number of CPUs, fractions allowed. */
export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (text.trim() === '' || !Number.isFinite(cpus) || cpus < 0 || cpus > 4096)
    throw new InvalidArgumentError('a number of CPUs from 0 to 4096.');
  return cpus;
}

/** An amount of memory in MB. */
export function parseMegabytes(text: string): number {
  const megabytes = Number(text);
  if (!Number.isFinite(megabytes) || megabytes < 64) throw new InvalidArgumentError('an amount in MB, at least 64.');
  return megabytes;
}

/** An amount in MB, as bytes. */
export function parseSize(text: string): number {
  const megabytes = Number(text);
  if (text.trim() === '' || !Number.isFinite(megabytes) || megabytes < 0)
    throw new InvalidArgumentError('an amount in MB.');
  return Math.floor(megabytes * 2 ** 20);
}

/** `name=amount`, gathered over several options. */
export function parseResource(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [name = '', amount = ''] = text.split('=');
  const number = Number(amount);
  if (!/^[\w.-]+$/.test(name) || amount === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('the form is name=amount, e.g. robot=1.');
  return { ...before, [name]: number };
}

/** `key=value`, gathered over several options. */
export function parseLabel(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (key === '') throw new InvalidArgumentError('the form is key=value, e.g. zone=a.');
  const problem = labelKeyProblem(key) ?? labelValueProblem(value);
  if (problem !== undefined) throw new InvalidArgumentError(`${problem}.`);
  if (key === ROLE_LABEL) throw new InvalidArgumentError(`every node has the label ${ROLE_LABEL} by itself.`);
  if (key in before) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: value };
}

/** The address of a server; `host:port` is enough, and means http. */
export function parseAddress(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (!url || url.hostname === '') throw new InvalidArgumentError('an address looks like http://host:7700.');
  return url.origin;
}

/** What people are told of a job; `maxBytes` as UTF-8. */
export function parseText(maxBytes: number): (text: string) => string {
  return (text) => {
    if (new TextEncoder().encode(text).length > maxBytes)
      throw new InvalidArgumentError(`a text of at most ${maxBytes} bytes.`);
    return text;
  };
}

/** What a job is called in lists. */
export function parseName(text: string): string {
  if (text.length > MAX_NAME_CHARS)
    throw new InvalidArgumentError(`a name of at most ${MAX_NAME_CHARS} characters; these are ${text.length}.`);
  return text;
}

/** The address of a server as browsers find it: scheme and host alone. */
export function parsePublicUrl(text: string): string {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  const hasMore = url ? url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '' : true;
  if (!url || url.hostname === '' || hasMore)
    throw new InvalidArgumentError('scheme and host alone, such as https://day.example.org.');
  return url.origin;
}

/** The host name of the sandbox document. */
export function parseSandboxHost(text: string): string {
  if (!/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/i.test(text))
    throw new InvalidArgumentError('a host name such as sandbox.example.org or *.sandbox.example.org.');
  return text.toLowerCase();
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('a whole number, at least 1.');
  return count;
}

/** A whole number from 0. */
export function parseWholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('a whole number, 0 or more.');
  return number;
}

/** Words with commas between them. */
export function parseList(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.some((word) => word === '')) throw new InvalidArgumentError('the form is a,b,c.');
  return words;
}

/** `column=value`, gathered over several options. */
export function parseWhere(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, column = '', value = ''] = /^\s*(\w+)\s*=(.*)$/s.exec(text) ?? [];
  if (column === '') throw new InvalidArgumentError('the form is column=value, e.g. state=failed.');
  if (column in before) throw new InvalidArgumentError(`${column} is given twice.`);
  return { ...before, [column]: value };
}

/** Weight of a job among others. */
export function parsePriority(text: string): number {
  const priority = Number(text);
  if (!(priority >= 0.01 && priority <= 100)) throw new InvalidArgumentError('a number from 0.01 to 100; 1 is usual.');
  return priority;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time such as `30s`, `10m` or `2h`, in milliseconds. */
export function parseDuration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim()) ?? [];
  const factor = UNIT_MS[unit];
  if (factor === undefined) throw new InvalidArgumentError('a time such as 30s, 10m or 2h.');
  return Number(number) * factor;
}
