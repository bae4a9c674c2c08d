/**
 * The argument of a job's `main` as JSON, for whatever no form fits.
 */
import { Textarea } from '@mantine/core';

/** See above. */
export interface ArgsJsonProps {
  readonly text: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

/** See above. */
export function ArgsJson({ text, error, onChange }: ArgsJsonProps) {
  return (
    <Textarea
      label="Argument of main, as JSON"
      description="What the default export of the job gets; empty for none"
      placeholder="{}"
      autosize
      minRows={3}
      maxRows={14}
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--font-mono)', fontSize: 'var(--text-small)' } }}
      value={text}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
