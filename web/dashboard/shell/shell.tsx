/**
 * The frame around all pages: where one can go, how the connection is, light or dark.
 */
import { AppShell, Burger } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { Announcer } from '../parts/announcer.tsx';
import { Mark } from '../parts/mark.tsx';
import { useLiveChannel } from '../parts/live.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { Navigation } from './navigation.tsx';
import styles from './shell.module.css';

const CONTENT = 'content';

/** See above; without children it shows the page of the address. */
export function Shell({ children }: { readonly children?: ReactNode }) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const live = useLiveChannel();
  useEffect(() => live.start(), [live]);
  useArrival(close);
  return (
    <AppShell
      header={{ height: { base: 56, md: 0 } }}
      navbar={{ width: 232, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      classNames={{ navbar: styles['navbar'] ?? '', header: styles['header'] ?? '', main: styles['main'] ?? '' }}
    >
      <a className={styles['skip']} href={`#${CONTENT}`}>
        Skip to the content
      </a>
      <AppShell.Header hiddenFrom="md">
        <Link to="/" className={styles['brand']}>
          <Mark size={26} />
          Daylight
        </Link>
        <Burger
          opened={isOpen}
          onClick={toggle}
          size="sm"
          aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isOpen}
        />
      </AppShell.Header>
      <AppShell.Navbar>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id={CONTENT} tabIndex={-1}>
        <div className={styles['page']}>
          <ConnectionBanner />
          {children ?? <Outlet />}
        </div>
      </AppShell.Main>
      <Announcer />
    </AppShell>
  );
}

/** Somebody who goes to another page by keyboard or screen reader begins at its content, not in the menu of the one before. */
function useArrival(close: () => void): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    close();
    document.getElementById(CONTENT)?.focus({ preventScroll: true });
  }, [pathname, close]);
}
