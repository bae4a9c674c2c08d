/**
 * The code editor, loaded when it is first shown: it is as large as the rest of the dashboard.
 */
import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { EditorProps } from './editor.tsx';

const Editor = lazy(() => import('./editor.tsx').then(({ Editor }) => ({ default: Editor })));

/** See above. */
export function LazyEditor(props: EditorProps) {
  return (
    <Suspense fallback={<Skeleton height={props.minHeight ?? 320} />}>
      <Editor {...props} />
    </Suspense>
  );
}
