/**
 * What a job is called and what it is for; the rest behind a fold.
 */
import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import type { JobFieldValues } from './submission.ts';
import styles from './submit-form.module.css';

/** See above. */
export interface JobFieldsProps {
  readonly values: JobFieldValues;
  readonly onChange: (values: JobFieldValues) => void;
}

const PRIORITIES = [
  { value: '0.5', label: 'Half a share' },
  { value: '1', label: 'A usual share' },
  { value: '2', label: 'Twice the share of others' },
  { value: '4', label: 'Four times the share of others' },
];
const TRUSTS = [
  { value: '', label: 'As the cluster does' },
  { value: 'own', label: 'Trusted nodes only' },
  { value: 'unchecked', label: 'Any node, results unchecked' },
];

/** See above. */
export function JobFields({ values, onChange }: JobFieldsProps) {
  const change = (changes: Partial<JobFieldValues>): void => onChange({ ...values, ...changes });
  return (
    <div className={styles['fields']}>
      <TextInput
        label="Name"
        maxLength={200}
        value={values.name}
        onChange={({ currentTarget }) => change({ name: currentTarget.value })}
      />
      <Textarea
        label="What it is for"
        description="People who lend their computers see it"
        maxLength={1000}
        autosize
        minRows={2}
        maxRows={6}
        value={values.purpose}
        onChange={({ currentTarget }) => change({ purpose: currentTarget.value })}
      />
      <TextInput
        label="Who you are"
        description="They see this too"
        maxLength={200}
        autoComplete="name"
        value={values.submitter}
        onChange={({ currentTarget }) => change({ submitter: currentTarget.value })}
      />
      <NativeSelect
        label="Priority"
        description="Its share when several jobs want the same nodes"
        data={PRIORITIES}
        value={values.priority}
        onChange={({ currentTarget }) => change({ priority: currentTarget.value })}
      />
      <NativeSelect
        label="Where its tasks may run"
        data={TRUSTS}
        value={values.trust}
        onChange={({ currentTarget }) => change({ trust: trustOf(currentTarget.value) })}
      />
    </div>
  );
}

function trustOf(value: string): JobFieldValues['trust'] {
  return value === 'own' || value === 'unchecked' ? value : '';
}
