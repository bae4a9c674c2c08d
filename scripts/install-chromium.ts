/*
 * Brings Chromium to a machine that has none, where that needs no question: on Debian and its relatives, as root or with a
 * sudo that asks for no password. Anywhere else it is one sentence about what to install.
 */

import { CHROMIUM_ADVICE, findChromium } from './chromium.ts';
import { type CommandResult, runCommand } from './run-command.ts';

const TAIL_LINES = 5;

/** What this file needs of the machine; tests pass their own. */
export interface Machine {
  readonly find: () => string | undefined;
  readonly run: (command: readonly string[]) => Promise<CommandResult>;
  readonly isRoot: boolean;
  readonly say: (line: string) => void;
}

const thisMachine: Machine = {
  find: () => findChromium(),
  run: (command) => runCommand(command),
  isRoot: process.getuid?.() === 0,
  say: (line) => console.error(line),
};

/** Makes sure that there is a Chromium. @throws Error whose message is the sentence for the user */
export async function ensureChromium(machine: Machine = thisMachine): Promise<void> {
  if (machine.find() !== undefined) return;
  const install = await findInstaller(machine);
  if (install === undefined) throw new Error(`the tests need Chromium: ${CHROMIUM_ADVICE}`);
  machine.say('daylight: installing Chromium from the distribution, a minute or two …');
  // Without fresh lists the version that is asked for may be gone from the mirror.
  for (const args of [
    ['update', '-qq'],
    ['install', '-qq', '-y', '--no-install-recommends', 'chromium'],
  ]) {
    const { exitCode, output } = await machine.run([...install, ...args]);
    if (exitCode !== 0) throw new Error(`apt-get could not install Chromium: ${CHROMIUM_ADVICE}\n${tail(output)}`);
  }
  if (machine.find() === undefined)
    throw new Error(`apt-get installed no Chromium that is on the PATH: ${CHROMIUM_ADVICE}`);
}

/** The command that runs apt-get with the rights it needs; undefined where it is missing or nobody may. */
async function findInstaller({ run, isRoot }: Machine): Promise<string[] | undefined> {
  const works = async (command: string[]): Promise<boolean> => {
    try {
      return (await run(command)).exitCode === 0;
    } catch {
      return false; // not installed
    }
  };
  if (!(await works(['apt-get', '--version']))) return undefined;
  // It must not ask questions; and sudo passes no environment on, hence `env`.
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  if (isRoot) return command;
  return (await works(['sudo', '-n', 'true'])) ? ['sudo', '-n', ...command] : undefined;
}

function tail(output: string): string {
  return output.trim().split('\n').slice(-TAIL_LINES).join('\n');
}
