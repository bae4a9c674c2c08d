/**
 * One click to copy an id, a command or a link. The icon says that it worked, and so does a screen reader.
 */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { copyText } from './copy-text.ts';
import { CopyIcon, DoneIcon } from './icons.ts';
import { announce } from './announcer.tsx';

const SHOWN_MS = 1500;

/** What a copy button copies, and its name for those who cannot see what it stands beside. */
export interface CopyButtonProps {
  readonly text: string;
  /** Such as `id 3.1057`. */
  readonly what: string;
}

/** See above. */
export function CopyButton({ text, what }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(text);
    setOutcome(isCopied ? 'copied' : 'refused');
    announce(isCopied ? `Copied ${what}` : 'The browser does not let this page copy');
  };
  const label = outcome === 'copied' ? 'Copied' : outcome === 'refused' ? 'The browser refuses to copy' : 'Copy';
  return (
    <Tooltip label={label} withArrow {...(outcome === undefined ? {} : { opened: true })}>
      <ActionIcon
        className="copy"
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={`Copy ${what}`}
        onClick={() => void copy()}
      >
        {outcome === 'copied' ? <DoneIcon size={14} /> : <CopyIcon size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
