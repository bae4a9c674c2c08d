/**
 * The log of a job or of one of its tasks: followed while it grows, filtered, downloaded.
 */
import { Button, NativeSelect, Skeleton, Switch, TextInput } from '@mantine/core';
import { useDeferredValue, useState } from 'react';
import { formatNoun } from '../../format/numbers.ts';
import { download } from '../../parts/download.ts';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { DownloadIcon, TaskIcon } from '../../parts/icons.ts';
import { Panel } from '../../parts/panel.tsx';
import { filterLines, LEVELS, logFile } from './log-filter.ts';
import styles from './job-log.module.css';
import { LogLines } from './log-lines.tsx';
import { useJobLog } from './use-job-log.ts';

/** See above. */
export interface JobLogProps {
  readonly job: string;
  readonly task?: string;
  readonly isRunning: boolean;
}

/** See above. */
export function JobLog({ job, task, isRunning }: JobLogProps) {
  const { lines, isLoading, error } = useJobLog(job, task, isRunning);
  const [text, setText] = useState('');
  const [level, setLevel] = useState(0);
  const [isFollowing, setFollowing] = useState(true);
  const sought = useDeferredValue(text);
  const shown = filterLines(lines, { text: sought, level });
  const save = (): void =>
    download(`${task === undefined ? `job-${job}` : `task-${task}`}.log`, logFile(lines), 'text/plain');
  const isEmpty = !isLoading && lines.length === 0 && error === undefined;
  return (
    <Panel
      title="Log"
      hint={lines.length > 0 ? countWords(shown.length, lines.length) : undefined}
      aside={
        lines.length > 0 && (
          <LogTools {...{ text, setText, level, setLevel, isFollowing, setFollowing }} onDownload={save} />
        )
      }
    >
      {error !== undefined && <Failure error={error} what="log" />}
      {isLoading && <Skeleton height={160} />}
      {isEmpty && (
        <Empty icon={TaskIcon} title={isRunning ? 'Nothing printed yet' : 'Nothing was printed'}>
          <p>
            What <code>console.log</code> prints in {task === undefined ? 'the job and its tasks' : 'this task'} comes
            here.
          </p>
        </Empty>
      )}
      {lines.length > 0 && <LogLines {...{ lines: shown, isFollowing, setFollowing }} withTask={task === undefined} />}
    </Panel>
  );
}

function countWords(shown: number, all: number): string {
  return shown === all ? formatNoun(all, 'line') : `${formatNoun(shown, 'line')} of ${formatNoun(all, 'line')}`;
}

interface LogToolsProps {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly level: number;
  readonly setLevel: (level: number) => void;
  readonly isFollowing: boolean;
  readonly setFollowing: (isFollowing: boolean) => void;
  readonly onDownload: () => void;
}

function LogTools({ text, setText, level, setLevel, isFollowing, setFollowing, onDownload }: LogToolsProps) {
  return (
    <div className={styles['tools']}>
      <TextInput
        size="xs"
        aria-label="Show only lines with this text"
        placeholder="Show only lines with …"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label="Level"
        data={[...LEVELS]}
        value={String(level)}
        onChange={({ currentTarget }) => setLevel(Number(currentTarget.value))}
      />
      <Switch
        size="sm"
        label="Follow"
        checked={isFollowing}
        onChange={({ currentTarget }) => setFollowing(currentTarget.checked)}
      />
      <Button variant="default" size="xs" leftSection={<DownloadIcon size={15} />} onClick={onDownload}>
        Download
      </Button>
    </div>
  );
}
