/**
 * One job being written: source, argument, what it is called and for whom, and the button that sends it off.
 */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { EditorView } from '@uiw/react-codemirror';
import { type FormEvent, useRef, useState } from 'react';
import { ApiFailure } from '#shared/api/client.ts';
import type { Example, Problem } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';
import { ArgsEditor, type ArgsState } from '../parts/args/args-editor.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { LazyEditor } from '../parts/editor/lazy-editor.tsx';
import { rangeOf } from '../parts/editor/problem-range.ts';
import { Failure } from '../parts/failure.tsx';
import { AgainIcon, PlayIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';
import { keepDraft, readDraft } from './drafts.ts';
import { JobFields } from './job-fields.tsx';
import { type JobFieldValues, NO_FIELDS, submissionOf } from './submission.ts';
import { ProblemList } from './problem-list.tsx';
import { UploadButton } from './upload-button.tsx';
import styles from './submit-form.module.css';
import { useSourceCheck } from './use-source-check.ts';

/** See above. */
export function SubmitForm({ example }: { readonly example: Example }) {
  const [source, setSource] = useState(() => readDraft(example.id) ?? example.source);
  const write = (text: string): void => {
    setSource(text);
    keepDraft(example.id, text, example.source);
  };
  const [fileName, setFileName] = useState(example.fileName);
  const [args, setArgs] = useState<ArgsState>({ args: example.args, isValid: true });
  const [fields, setFields] = useState<JobFieldValues>({ ...NO_FIELDS, name: example.title });
  const editor = useRef<EditorView>(undefined);
  const navigate = useNavigate();
  const { problems, schema, check, take } = useSourceCheck(fileName, example.schema);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.call('submitJob', { body: submissionOf({ source, fileName, args: args.args, fields }) }),
    onSuccess: ({ id }) => void navigate({ to: '/jobs/$id', params: { id } }),
    onError: (failure) => {
      if (failure instanceof ApiFailure && failure.problems.length > 0) take(failure.problems);
    },
  });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    mutate();
  };
  const goTo = ({ line, column }: Problem): void => {
    const view = editor.current;
    if (!view) return;
    const { from, to } = rangeOf(view.state.doc, line, column);
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.focus();
  };
  const isRefused = error instanceof ApiFailure && error.problems.length > 0;
  return (
    <form className={styles['form']} onSubmit={onSubmit}>
      <Panel
        title={fileName}
        aside={
          <span className="tools">
            {source !== example.source && (
              <Button
                variant="subtle"
                size="xs"
                leftSection={<AgainIcon size={15} />}
                onClick={() => write(example.source)}
              >
                Undo all changes
              </Button>
            )}
            <CopyButton text={source} what="the source" />
            <UploadButton
              onFile={(name, text) => {
                setFileName(name);
                write(text);
              }}
            />
          </span>
        }
      >
        <LazyEditor
          value={source}
          label="Source of the job"
          onChange={write}
          check={check}
          minHeight={420}
          onReady={(view) => {
            editor.current = view;
          }}
        />
        <ProblemList problems={problems} onChoose={goTo} />
      </Panel>
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
