/**
 * Completion scripts for bash, zsh and fish. Ids are asked of the server when they are needed, by the command line itself:
 * `daylight list … --csv`.
 */
import type { CompletedCommand, CompletedOption, Completion } from './completion-model.ts';

/** Ids offered at most. */
const MAX_IDS = 100;

/** Shells that a script can be made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** The script of a shell. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  if (shell === 'bash') return bashScript(commands);
  return shell === 'zsh' ? zshScript(commands) : fishScript(commands);
}

const idsCommand = (kind: string): string =>
  `daylight list ${kind} --columns id --limit ${MAX_IDS} --csv 2>/dev/null | tail -n +2 | tr -d '\\r'`;

function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# daylight completion for bash: source <(daylight completion bash)
_daylight_ids() { ${idsCommand('"$1"')}; }
_daylight() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" place=0 i
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${names} --help --version' -- "$current"))
    return
  fi
  # Which argument this is: words before it that are no options, nor their values.
  for (( i = 2; i < COMP_CWORD; i++ )); do
    case "\${COMP_WORDS[i]}" in
      -*) [[ " $(_daylight_valued "$command") " == *" \${COMP_WORDS[i]} "* ]] && (( i++ )) ;;
      *) (( place++ )) ;;
    esac
  done
  case "$command $before" in
${commands.flatMap(bashValues).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case "$command" in
${commands.map(({ name, options }) => `      ${name}) COMPREPLY=($(compgen -W '${options.map(({ long }) => long).join(' ')}' -- "$current")) ;;`).join('\n')}
    esac
    return
  fi
  case "$command $place" in
${commands.flatMap(bashArguments).join('\n')}
  esac
}
_daylight_valued() {
  case "$1" in
${commands.map(({ name, options }) => `    ${name}) echo '${valued(options).join(' ')}' ;;`).join('\n')}
  esac
}
complete -o filenames -F _daylight daylight
`;
}

function valued(options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ short, long, value }) => (value === undefined ? [] : short ? [short, long] : [long]));
}

function bashValues({ name, options }: CompletedCommand): string[] {
  return options.flatMap(({ short, long, value }) => {
    if (value === undefined) return [];
    const patterns = (short ? [short, long] : [long]).map((flag) => `"${name} ${flag}"`).join('|');
    return [`    ${patterns}) ${bashReply(value)} return ;;`];
  });
}

function bashArguments({ name, args, repeats }: CompletedCommand): string[] {
  return args.map((completion, index) => {
    const isLast = index === args.length - 1;
    const pattern = isLast && repeats ? `"${name} "*` : `"${name} ${index}"`;
    return `    ${pattern}) ${bashReply(completion)} ;;`;
  });
}

function bashReply(completion: Completion): string {
  const reply = (generate: string): string => `COMPREPLY=($(compgen ${generate} -- "$current"));`;
  switch (completion.kind) {
    case 'words':
      return reply(`-W '${completion.words.join(' ')}'`);
    case 'ids':
      return reply(`-W "$(_daylight_ids ${completion.of})"`);
    case 'files':
      return reply('-f');
    case 'folders':
      return reply('-d');
    case 'text':
      return ':;';
  }
}

function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef daylight
# daylight completion for zsh: daylight completion zsh > "\${fpath[1]}/_daylight"
_daylight_ids() {
  local -a ids
  ids=(\${(f)"$(${idsCommand('"$1"')})"})
  compadd -a ids
}
_daylight() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  # From here on the command counts as the first word.
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(zshCommand).join('\n')}
  esac
}
if [[ $funcstack[1] == _daylight ]]; then _daylight "$@"; else compdef _daylight daylight; fi
`;
}

function zshCommand({ name, options, args, repeats }: CompletedCommand): string {
  const specs = [
    ...options.flatMap(({ short, long, description, value }) => {
      const words = description.replaceAll(/[[\]\\:]/g, '\\$&');
      const rest = `[${words}]${value === undefined ? '' : `:value:${zshAction(value)}`}`;
      return (short ? [short, long] : [long]).map((flag) => quoted(`${flag}${rest}`));
    }),
    ...args.map((completion, index) =>
      quoted(`${index === args.length - 1 && repeats ? '*' : index + 1}:argument:${zshAction(completion)}`),
    ),
  ];
  return `    ${name}) _arguments -s ${specs.join(' ')} ;;`;
}

function zshAction(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return `(${completion.words.join(' ')})`;
    case 'ids':
      return `{_daylight_ids ${completion.of}}`;
    case 'files':
      return '_files';
    case 'folders':
      return '_files -/';
    case 'text':
      return ' ';
  }
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, options, args }) => {
    const seen = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c daylight -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...options.map(({ short, long, description, value }) => {
        const flags = `${short ? `-s ${short.slice(1)} ` : ''}-l ${long.slice(2)}`;
        const takes = value === undefined ? '' : ` ${value.kind === 'files' ? '-r' : '-x'}${fishAction(value)}`;
        return `complete -c daylight -n ${quoted(seen)} ${flags}${takes} -d ${quoted(description)}`;
      }),
      ...args
        .filter(({ kind }) => kind !== 'text')
        .map((completion) => `complete -c daylight -n ${quoted(seen)}${fishAction(completion)}`),
    ];
  });
  return `# daylight completion for fish: daylight completion fish > ~/.config/fish/completions/daylight.fish
function __daylight_ids
  ${idsCommand('$argv[1]')}
end
complete -c daylight -f
${lines.join('\n')}
`;
}

function fishAction(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return ` -a ${quoted(completion.words.join(' '))}`;
    case 'ids':
      return ` -a ${quoted(`(__daylight_ids ${completion.of})`)}`;
    case 'files':
      return ' -F';
    case 'folders':
      return ` -a ${quoted('(__fish_complete_directories)')}`;
    case 'text':
      return '';
  }
}

/** In single quotes, which all three shells read alike but for how a quote inside is written. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
