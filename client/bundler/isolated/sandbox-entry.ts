// The one process of a sandbox that runs our code: takes one source, bundles it, checks its types, and is done. It may read some
// folders and do nothing else; esbuild and TypeScript were started for it and can open no file. docs/adr/0015

import { BorrowedProcess, lendProcess } from './borrowed-process.ts';
import { ESBUILD_PIPES, TYPESCRIPT_PIPES } from './sandbox-messages.ts';
import type { SandboxAnswer, SandboxRequest } from './sandbox-messages.ts';

const MAX_MESSAGE_CHARS = 500;

function say(answer: SandboxAnswer): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(answer, () => resolve());
  });
}

/** The library looks for the program before it "starts" it; it gets one that this process may see. */
process.env['ESBUILD_BINARY_PATH'] = process.argv[2];
lendProcess(new BorrowedProcess(ESBUILD_PIPES));
const { bundleSource } = await import('./bundle-source.ts');

async function typed({ source, fileName, packagesDir }: SandboxRequest, library: string): Promise<SandboxAnswer> {
  const [{ checkTypes }, { MessageStream }, { TypeFiles }] = await Promise.all([
    import('./check-types.ts'),
    import('./message-stream.ts'),
    import('./type-files.ts'),
  ]);
  const compiler = new BorrowedProcess(TYPESCRIPT_PIPES);
  const files = new TypeFiles(source, fileName, packagesDir, library);
  const stream = new MessageStream(compiler.stdout, compiler.stdin, (question, params) =>
    files.answer(question, Array.isArray(params) ? params[0] : params),
  );
  // Another version of TypeScript may not understand: then there are no types, which is no reason to have no bundle.
  const problems = await checkTypes(stream, { source, file: files.jobFile, shown: fileName }).catch(() => []);
  return { kind: 'typed', problems };
}

async function work(request: SandboxRequest): Promise<void> {
  const { packagesDir, typeLibrary } = request;
  const types = typeLibrary === null ? undefined : typed(request, typeLibrary);
  await say({ kind: 'bundled', ...(await bundleSource(request, packagesDir)) });
  if (types !== undefined) await say(await types);
}

process.once('message', (request: SandboxRequest) => {
  work(request).catch((error: unknown) => {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return say({ kind: 'broken', message: message.slice(0, MAX_MESSAGE_CHARS) });
  });
});
// Whoever started this process is gone: nobody wants an answer.
process.once('disconnect', () => process.exit());
await say({ kind: 'ready' });
