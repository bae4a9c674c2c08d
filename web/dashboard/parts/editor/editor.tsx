/**
 * A code editor for job modules, in the colours of the page. Tab leaves it, as it leaves every other field: whoever works by
 * keyboard is not caught.
 */
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter } from '@codemirror/lint';
import { tags } from '@lezer/highlight';
import CodeMirror, { EditorView, type Extension } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import type { Problem } from '#shared/api/schemas.ts';
import { rangeOf } from './problem-range.ts';
import styles from './editor.module.css';

/** What the editor holds. */
export interface EditorProps {
  readonly value: string;
  /** Its name for screen readers. */
  readonly label: string;
  readonly onChange?: (value: string) => void;
  /** Looks for what is wrong a moment after somebody stops typing. Must be the same from one drawing to the next. */
  readonly check?: (source: string) => Promise<readonly Problem[]>;
  readonly isReadOnly?: boolean;
  /** In CSS pixels. */
  readonly minHeight?: number;
  /** Given the editor, for jumping to a line. */
  readonly onReady?: (view: EditorView) => void;
}

const TYPING_MS = 500;

/** Names of what the syntax means to colours of tokens.css. */
const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--hue-words-5)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--sun-words)' },
  { tag: [tags.comment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className, tags.namespace], color: 'var(--sky)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--hue-words-4)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

function lintSource(check: (source: string) => Promise<readonly Problem[]>): Extension {
  return linter(
    async ({ state }): Promise<Diagnostic[]> => {
      const problems = await check(state.doc.toString());
      return problems.map(({ line, column, message, severity }) => ({
        ...rangeOf(state.doc, line, column),
        severity,
        message,
      }));
    },
    { delay: TYPING_MS },
  );
}

/** See above. */
export function Editor(props: EditorProps) {
  const { value, label, onChange, check, isReadOnly = false, minHeight = 320, onReady } = props;
  const extensions = useMemo(
    () => [
      javascript({ typescript: true }),
      syntaxHighlighting(highlight),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      ...(check === undefined ? [] : [lintGutter(), lintSource(check)]),
    ],
    [label, check],
  );
  return (
    <CodeMirror
      className={styles['editor'] ?? ''}
      value={value}
      theme="none"
      indentWithTab={false}
      readOnly={isReadOnly}
      editable={!isReadOnly}
      minHeight={`${minHeight}px`}
      maxHeight="70vh"
      extensions={extensions}
      basicSetup={{ foldGutter: false, highlightActiveLine: !isReadOnly, autocompletion: false }}
      {...(onChange ? { onChange } : {})}
      {...(onReady ? { onCreateEditor: onReady } : {})}
    />
  );
}
