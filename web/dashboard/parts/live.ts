/**
 * The live channel for components: whether it delivers, and what they look at.
 */
import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import type { LiveChannel, LiveState } from '../../api/live-channel.ts';

/** Given by the app. */
export const LiveContext = createContext<LiveChannel | undefined>(undefined);

/** The channel. */
export function useLiveChannel(): LiveChannel {
  const channel = useContext(LiveContext);
  if (!channel) throw new Error('there is no live channel around this component');
  return channel;
}

/** Whether it delivers. */
export function useLiveState(): LiveState {
  const channel = useLiveChannel();
  return useSyncExternalStore(channel.subscribe, () => channel.state);
}

/** Lets the server tell of a job for as long as the component is shown. */
export function useLiveJob(job: string): void {
  const channel = useLiveChannel();
  useEffect(() => {
    channel.lookAt({ job });
    return () => channel.lookAt({});
  }, [channel, job]);
}
