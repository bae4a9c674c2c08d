/**
 * Logs this browser out: the cookie goes, and with it all that was fetched.
 */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/browser-client.ts';
import { LogoutIcon } from '../parts/icons.ts';
import { useLiveChannel } from '../parts/live.ts';

/** See above. */
export function Logout() {
  const cache = useQueryClient();
  const live = useLiveChannel();
  const navigate = useNavigate();
  const { mutate, isPending } = useMutation({
    mutationFn: () => api.call('logout'),
    onSettled: async () => {
      live.stop();
      await navigate({ to: '/login' });
      cache.clear();
    },
  });
  return (
    <Tooltip label="Log out" withArrow>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label="Log out"
        loading={isPending}
        onClick={() => mutate()}
      >
        <LogoutIcon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
