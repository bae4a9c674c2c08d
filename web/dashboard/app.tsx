/**
 * What all pages of the dashboard share: looks, the cache of answers, the live channel, the router.
 */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { LiveChannel, openLiveSocket } from '../api/live-channel.ts';
import { takeSnapshot } from '../api/live-cache.ts';
import { createQueryCache } from '../api/query-cache.ts';
import { cssVariablesResolver, theme } from '../design/theme.ts';
import { LiveContext } from './parts/live.ts';
import { setServerTime } from './parts/clock.ts';
import { router } from './routes.tsx';

/** What lives as long as the page. */
export interface AppParts {
  readonly cache: QueryClient;
  readonly live: LiveChannel;
}

/** Makes the parts and joins them. */
export function createParts(): AppParts {
  const cache: QueryClient = createQueryCache({
    isLive: () => live.state === 'live',
    onLoggedOut: () => {
      live.stop();
      goToLogin();
    },
  });
  const live: LiveChannel = new LiveChannel(openLiveSocket(), (snapshot) => {
    setServerTime(snapshot.cluster.now);
    takeSnapshot(cache, snapshot);
  });
  return { cache, live };
}

function goToLogin(): void {
  const { pathname, href } = router.state.location;
  if (pathname === '/login') return;
  void router.navigate({ to: '/login', search: href === '/' ? {} : { next: href }, replace: true });
}

/** The whole page. */
export function App({ parts }: { readonly parts: AppParts }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
      <QueryClientProvider client={parts.cache}>
        <LiveContext value={parts.live}>
          <Notifications position="bottom-right" limit={3} />
          <RouterProvider router={router} />
        </LiveContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
