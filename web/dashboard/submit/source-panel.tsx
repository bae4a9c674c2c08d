/**
 * The source being written: the editor, what is wrong with it, and ways to bring another text in.
 */
import { Button } from '@mantine/core';
import type { EditorView } from '@uiw/react-codemirror';
import { useRef } from 'react';
import type { Problem } from '#shared/api/schemas.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { LazyEditor } from '../parts/editor/lazy-editor.tsx';
import { rangeOf } from '../parts/editor/problem-range.ts';
import { AgainIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';
import { ProblemList } from './problem-list.tsx';
import { UploadButton } from './upload-button.tsx';
import type { SourceCheck } from './use-source-check.ts';

/** See above. */
export interface SourcePanelProps extends Pick<SourceCheck, 'check' | 'problems'> {
  readonly fileName: string;
  readonly source: string;
  /** What it was at first. */
  readonly original: string;
  readonly onWrite: (source: string) => void;
  readonly onFile: (fileName: string, source: string) => void;
}

/** See above. */
export function SourcePanel({ fileName, source, original, check, problems, onWrite, onFile }: SourcePanelProps) {
  const editor = useRef<EditorView>(undefined);
  const goTo = ({ line, column }: Problem): void => {
    const view = editor.current;
    if (!view) return;
    const { from, to } = rangeOf(view.state.doc, line, column);
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.focus();
  };
  return (
    <Panel
      title={fileName}
      aside={
        <span className="tools">
          {source !== original && (
            <Button variant="subtle" size="xs" leftSection={<AgainIcon size={15} />} onClick={() => onWrite(original)}>
              Undo all changes
            </Button>
          )}
          <CopyButton text={source} what="the source" />
          <UploadButton onFile={onFile} />
        </span>
      }
    >
      <LazyEditor
        value={source}
        label="Source of the job"
        onChange={onWrite}
        check={check}
        minHeight={420}
        onReady={(view) => {
          editor.current = view;
        }}
      />
      <ProblemList problems={problems} onChoose={goTo} />
    </Panel>
  );
}
