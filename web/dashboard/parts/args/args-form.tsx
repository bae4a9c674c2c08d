/**
 * The argument as a form, one field below the other.
 */
import { NativeSelect, Switch, TextInput } from '@mantine/core';
import styles from './args.module.css';
import type { Field, FormValues } from './form-fields.ts';

/** See above. */
export interface ArgsFormProps {
  readonly fields: readonly Field[];
  readonly values: FormValues;
  readonly errors: Readonly<Record<string, string>>;
  readonly onChange: (key: string, value: string | boolean) => void;
}

/** See above. */
export function ArgsForm({ fields, values, errors, onChange }: ArgsFormProps) {
  if (fields.length === 0) return <p className="soft">This job takes no argument.</p>;
  return (
    <div className={styles['fields']}>
      {fields.map((field) => (
        <FieldInput
          key={field.key}
          field={field}
          value={values[field.key] ?? ''}
          error={errors[field.key]}
          onChange={(value) => onChange(field.key, value)}
        />
      ))}
    </div>
  );
}

interface FieldInputProps {
  readonly field: Field;
  readonly value: string | boolean;
  readonly error: string | undefined;
  readonly onChange: (value: string | boolean) => void;
}

function FieldInput({ field, value, error, onChange }: FieldInputProps) {
  const { label, kind, isRequired, isInteger, options } = field;
  const shared = { label, description: hintOf(field), error, required: isRequired };
  if (typeof value === 'boolean') {
    return (
      <Switch
        label={label}
        description={hintOf(field)}
        checked={value}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    );
  }
  if (kind === 'choice') {
    const data = options.map((option) => ({ value: option.value, label: option.label }));
    return (
      <NativeSelect
        {...shared}
        data={isRequired ? data : [{ value: '', label: '' }, ...data]}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...shared}
      value={value}
      inputMode={kind !== 'number' ? 'text' : isInteger ? 'numeric' : 'decimal'}
      spellCheck={kind === 'text'}
      autoComplete="off"
      className={kind === 'json' ? 'mono' : ''}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

/** What the schema says, and between which numbers the value lies. */
function hintOf({ hint, min, max, above, below }: Field): string | undefined {
  const range =
    min !== undefined && max !== undefined
      ? `${min} to ${max}`
      : [bound('at least', min), bound('more than', above), bound('at most', max), bound('less than', below)]
          .filter((part) => part !== '')
          .join(', ');
  return [hint, range].filter((part) => part !== '').join('; ') || undefined;
}

function bound(words: string, value: number | undefined): string {
  return value === undefined ? '' : `${words} ${value}`;
}
