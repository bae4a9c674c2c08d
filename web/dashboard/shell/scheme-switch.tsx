/**
 * Lets a person choose light, dark, or what the system does.
 */
import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { AutoIcon, DarkIcon, LightIcon } from '../parts/icons.ts';

const SCHEMES = [
  { value: 'light', words: 'Light', icon: <LightIcon size={16} aria-hidden /> },
  { value: 'auto', words: 'As the system', icon: <AutoIcon size={16} aria-hidden /> },
  { value: 'dark', words: 'Dark', icon: <DarkIcon size={16} aria-hidden /> },
] as const;

function choice(words: string, icon: ReactNode): ReactNode {
  return (
    <span title={words} style={{ display: 'grid', placeItems: 'center', height: '1.25rem' }}>
      {icon}
      <span className="unseen">{words}</span>
    </span>
  );
}

/** See above. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      size="xs"
      aria-label="Light or dark"
      value={colorScheme}
      onChange={(value) => setColorScheme(value)}
      data={SCHEMES.map(({ value, words, icon }) => ({ value, label: choice(words, icon) }))}
    />
  );
}
