/**
 * One job being written: source, argument, what it is called and for whom, and the button that sends it off.
 */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiFailure } from '#shared/api/client.ts';
import type { Example } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';
import { ArgsEditor, type ArgsState } from '../parts/args/args-editor.tsx';
import { Failure } from '../parts/failure.tsx';
import { PlayIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';
import { keepDraft, readDraft } from './drafts.ts';
import { JobFields } from './job-fields.tsx';
import { SourcePanel } from './source-panel.tsx';
import { type JobFieldValues, NO_FIELDS, submissionOf } from './submission.ts';
import styles from './submit-form.module.css';
import { useSourceCheck } from './use-source-check.ts';

/** See above. */
export function SubmitForm({ example }: { readonly example: Example }) {
  const [source, setSource] = useState(() => readDraft(example.id) ?? example.source);
  const [fileName, setFileName] = useState(example.fileName);
  const [args, setArgs] = useState<ArgsState>({ args: example.args, isValid: true });
  const [fields, setFields] = useState<JobFieldValues>({ ...NO_FIELDS, name: example.title });
  const navigate = useNavigate();
  const { problems, schema, check, take } = useSourceCheck(fileName, example.schema);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.call('submitJob', { body: submissionOf({ source, fileName, args: args.args, fields }) }),
    onSuccess: ({ id }) => void navigate({ to: '/jobs/$id', params: { id } }),
    onError: (failure) => {
      if (failure instanceof ApiFailure && failure.problems.length > 0) take(failure.problems);
    },
  });
  const write = (text: string): void => {
    setSource(text);
    keepDraft(example.id, text, example.source);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    mutate();
  };
  const isRefused = error instanceof ApiFailure && error.problems.length > 0;
  return (
    <form className={styles['form']} onSubmit={onSubmit}>
      <SourcePanel
        {...{ fileName, source, check, problems }}
        original={example.source}
        onWrite={write}
        onFile={(name, text) => {
          setFileName(name);
          write(text);
        }}
      />
      <div className={styles['side']}>
        <Panel title="Argument">
          <ArgsEditor schema={schema} initial={example.args} onChange={setArgs} />
        </Panel>
        {error !== null && !isRefused && <Failure error={error} />}
        <Button
          type="submit"
          size="lg"
          fullWidth
          leftSection={<PlayIcon size={20} />}
          loading={isPending}
          disabled={!args.isValid}
        >
          Run
        </Button>
        <Panel title="About the job">
          <JobFields values={fields} onChange={setFields} />
        </Panel>
      </div>
    </form>
  );
}
