// How a Node script's functions and modules are made into modules that can travel. The bundler is loaded when it is first used.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ScriptModule, ScriptPorts } from '#client/api/script-ports.ts';
import { functionLocation } from '#client/bundler/call-site.ts';
import { captureInline, inlineModuleCode } from '#client/bundler/inline-function.ts';
import { transformModule } from '#client/bundler/transform-pass.ts';

/** Frames of a stack below it are not the user's. */
const OWN_FOLDER = new URL('../../', import.meta.url).href;

async function bundle(url: string): Promise<ScriptModule> {
  const { bundleModule } = await import('#client/bundler/job-bundler.ts');
  const { hash, code, sourceMap, registrations } = await bundleModule({ entryFile: fileURLToPath(url) });
  return { source: { hash, code, sourceMap }, registrations };
}

function classExports(url: string): ReadonlySet<string> {
  try {
    const file = fileURLToPath(url);
    const { exports, registrations } = transformModule(readFileSync(file, 'utf8'), file).analysis;
    // A class that is imported from elsewhere is known by the convention that classes have a capital.
    const isClass = (target: (typeof registrations)[number]['target']): boolean =>
      target === 'class' || (typeof target === 'object' && /^[A-Z]/.test(target.imported));
    const variables = new Set(registrations.filter(({ target }) => isClass(target)).map(({ variable }) => variable));
    return new Set(
      [...exports].flatMap(([exported, { name, specifier }]) =>
        specifier === undefined && variables.has(name) ? [exported] : [],
      ),
    );
  } catch {
    // The bundler says what is wrong with the file, when `get` asks.
    return new Set();
  }
}

/** See {@link ScriptPorts}. */
export const nodeScriptPorts: ScriptPorts = {
  inline(target, captures) {
    const inline = captureInline(target, { capture: captures });
    const origin = functionLocation(new Error().stack ?? '', OWN_FOLDER, Function.prototype.toString.call(target));
    return {
      kind: inline.kind,
      name: inline.name,
      captureNames: inline.captureNames,
      build(encodedCaptures) {
        const { hash, code, sourceMap, registration } = inlineModuleCode(inline, encodedCaptures, origin);
        return { source: { hash, code, sourceMap }, registration: registration.name };
      },
    };
  },
  bundle,
  classExports,
};
