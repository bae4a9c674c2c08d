/**
 * The argument of a job's `main`: a form where the source says what it takes, JSON where it does not, and for whoever prefers
 * that.
 */
import { SegmentedControl } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { ArgsForm } from './args-form.tsx';
import { fieldsOf, initialValues, readForm } from './form-fields.ts';
import { ArgsJson } from './args-json.tsx';
import styles from './args.module.css';

/** An argument, and whether it can be sent. */
export interface ArgsState {
  readonly args: unknown;
  readonly isValid: boolean;
}

/** What a source takes, and what is filled in. */
export interface ArgsEditorProps {
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** What to begin with: those of an example, or of the run before. */
  readonly initial: unknown;
  /** Must be the same from one drawing to the next. */
  readonly onChange: (state: ArgsState) => void;
}

/** See above. To begin again, give it another `key`. */
export function ArgsEditor({ schema, initial, onChange }: ArgsEditorProps) {
  // The checker sends a new object for the same schema each time.
  const schemaText = JSON.stringify(schema);
  const fields = useMemo(
    () => fieldsOf(JSON.parse(schemaText) as Readonly<Record<string, unknown>> | null),
    [schemaText],
  );
  const [mode, setMode] = useState<'form' | 'json'>('form');
  const [values, setValues] = useState(() => initialValues(fields ?? [], initial));
  const [json, setJson] = useState(() =>
    initial === undefined || initial === null ? '' : JSON.stringify(initial, undefined, 2),
  );
  const isForm = fields !== undefined && mode === 'form';
  const whole = useMemo(
    () => ({ ...initialValues(fields ?? [], initial), ...values }),
    // What was given at first counts only for fields that nobody has touched.
    // oxlint-disable-next-line react/exhaustive-deps
    [fields, values],
  );
  const reading = useMemo(() => (isForm ? readForm(fields, whole) : readJson(json)), [isForm, fields, whole, json]);
  useEffect(() => {
    onChange({ args: reading.args, isValid: Object.keys(reading.errors).length === 0 });
  }, [reading, onChange]);
  const change = (next: 'form' | 'json'): void => {
    if (next === 'json') setJson(JSON.stringify(readForm(fields ?? [], whole).args, undefined, 2));
    else if (Object.keys(reading.errors).length === 0) setValues(initialValues(fields ?? [], reading.args));
    setMode(next);
  };
  return (
    <div className={styles['editor']}>
      {fields !== undefined && (
        <SegmentedControl
          size="xs"
          aria-label="How to give the argument"
          value={mode}
          onChange={change}
          data={[
            { value: 'form', label: 'Form' },
            { value: 'json', label: 'JSON' },
          ]}
        />
      )}
      {isForm ? (
        <ArgsForm
          fields={fields}
          values={whole}
          errors={reading.errors}
          onChange={(key, value) => setValues((before) => ({ ...before, [key]: value }))}
        />
      ) : (
        <ArgsJson text={json} error={reading.errors['']} onChange={setJson} />
      )}
    </div>
  );
}

function readJson(text: string): { readonly args: unknown; readonly errors: Readonly<Record<string, string>> } {
  if (text.trim() === '') return { args: undefined, errors: {} };
  try {
    return { args: JSON.parse(text) as unknown, errors: {} };
  } catch (error) {
    return { args: undefined, errors: { '': `This is no JSON: ${error instanceof Error ? error.message : ''}` } };
  }
}
