/*
 * Enforces that the code explains itself: every source file opens with a comment that says what idea lives
 * there, and exports carry a docstring, all of them where users and the other side of the wire look (protocol,
 * ports, the public API), four of five elsewhere. It counts; whether the words are good is for a reviewer.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { parseSync } from 'oxc-parser';

import { isTestFile, listSourceFiles, repositoryRoot } from './source-files.ts';

const MINIMUM_FILES = 40;
const MINIMUM_SHARE = 0.8;
const MINIMUM_OPENING_CHARS = 40;
const FULLY_DOCUMENTED = ['shared/protocol/', 'shared/ports/', 'client/api/'];
const CHECKED = ['shared/', 'client/', 'server/', 'web/', 'bin/', 'scripts/', 'bench/', 'examples/', 'datasets/'];

/** What one file exports and explains. */
export interface FileDocs {
  readonly hasOpening: boolean;
  readonly exports: readonly { readonly name: string; readonly line: number; readonly documented: boolean }[];
}

type Statement = ReturnType<typeof parseSync>['program']['body'][number];
type Declaration = Extract<Statement, { type: 'ExportNamedDeclaration' }>['declaration'];

function declaredNames(declaration: NonNullable<Declaration>): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : '(pattern)'));
  }
  return 'id' in declaration && declaration.id !== null && 'name' in declaration.id
    ? [declaration.id.name]
    : ['(unnamed)'];
}

/** The exported names that a statement declares; re-exports are documented where they are declared. */
function exportedNames(statement: Statement): string[] {
  if (statement.type === 'ExportDefaultDeclaration') return ['default'];
  if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) return [];
  return declaredNames(statement.declaration);
}

/**
 * Counts the docstrings of one TypeScript file. A docstring is a `/** … *\/` right before the export; of several
 * overloads the first carries it.
 */
export function readFileDocs(file: string, text: string): FileDocs {
  const { program, comments } = parseSync(file, text);
  const documentedEnds = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
  const found = new Map<string, { name: string; line: number; documented: boolean }>();
  for (const statement of program.body) {
    const documented = documentedEnds.some(
      ({ end }) => end <= statement.start && text.slice(end, statement.start).trim() === '',
    );
    for (const name of exportedNames(statement)) {
      const line = text.slice(0, statement.start).split('\n').length;
      if (!found.has(name)) found.set(name, { name, line, documented });
    }
  }
  return { hasOpening: hasOpening(text, comments), exports: [...found.values()] };
}

function hasOpening(text: string, comments: readonly { start: number; end: number; value: string }[]): boolean {
  let offset = text.startsWith('#!') ? text.indexOf('\n') : 0;
  let chars = 0;
  for (const { start, end, value } of comments) {
    if (end <= offset) continue;
    if (text.slice(offset, start).trim() !== '') break;
    chars += value.replaceAll(/[\s*]+/g, ' ').trim().length;
    offset = end;
  }
  return chars >= MINIMUM_OPENING_CHARS;
}

/** Applies the rules to named texts; `complaints` is empty when all hold, `share` counts the partly documented. */
export function checkDocs(files: readonly { file: string; text: string }[]): { complaints: string[]; share: number } {
  const complaints: string[] = [];
  const missing: string[] = [];
  let documentedCount = 0;
  let exportCount = 0;
  for (const { file, text } of files) {
    const docs = readFileDocs(file, text);
    if (!docs.hasOpening) complaints.push(`${file}:1: start with a comment that says what idea lives here`);
    const strict = FULLY_DOCUMENTED.some((folder) => file.startsWith(folder));
    for (const { name, line, documented } of docs.exports) {
      if (strict && !documented) complaints.push(`${file}:${line}: export ${name} needs a docstring`);
      if (strict) continue;
      exportCount += 1;
      if (documented) documentedCount += 1;
      else missing.push(`${file}:${line}: export ${name} has no docstring`);
    }
  }
  const share = exportCount === 0 ? 1 : documentedCount / exportCount;
  if (share < MINIMUM_SHARE)
    complaints.push(...missing, `${percent(share)} of exports have a docstring, ${percent(MINIMUM_SHARE)} are wanted`);
  return { complaints, share };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

if (import.meta.main) {
  const files = listSourceFiles(repositoryRoot, MINIMUM_FILES)
    .filter((file) => CHECKED.some((folder) => file.startsWith(folder)) && !isTestFile(file))
    .map((file) => ({ file, text: readFileSync(path.join(repositoryRoot, file), 'utf8') }));
  const { complaints, share } = checkDocs(files);
  for (const complaint of complaints) console.error(complaint);
  console.log(
    `${files.length} files, ${percent(share)} of exports have a docstring outside the fully documented folders`,
  );
  if (complaints.length > 0) process.exitCode = 1;
}
