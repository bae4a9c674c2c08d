/**
 * Where somebody shows the token of the cluster.
 */
import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiFailure } from '#shared/api/client.ts';
import { api } from '../../api/browser-client.ts';
import { keyOf } from '../../api/queries.ts';
import { describeFailure } from '../parts/failure-words.ts';
import { LendIcon } from '../parts/icons.ts';
import { Mark } from '../parts/mark.tsx';
import { SchemeSwitch } from '../shell/scheme-switch.tsx';
import { safeAddress } from './safe-address.ts';
import styles from './login-page.module.css';

/** See above. */
export function LoginPage() {
  return (
    <main className={styles['page']}>
      <title>Log in – Daylight</title>
      <div className={styles['column']}>
        <header className={styles['brand']}>
          <Mark size={44} />
          <h1>Daylight</h1>
          <p>Many rays make daylight: tasks, actors and shared objects on machines that people lend.</p>
        </header>
        <LoginForm />
        <PublicDoor />
        <div className={styles['foot']}>
          <SchemeSwitch />
        </div>
      </div>
    </main>
  );
}

function LoginForm() {
  const [token, setToken] = useState('');
  const cache = useQueryClient();
  const router = useRouter();
  const { next } = useSearch({ from: '/login' });
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.call('login', { body: { token: token.trim() } }),
    onSuccess: async (me) => {
      cache.clear();
      cache.setQueryData(keyOf('me'), me);
      await router.navigate({ href: safeAddress(next), replace: true });
    },
  });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim() !== '') mutate();
  };
  return (
    <form className={styles['card']} onSubmit={onSubmit}>
      <h2>Log in</h2>
      <PasswordInput
        label="Token of the cluster"
        value={token}
        onChange={({ currentTarget }) => setToken(currentTarget.value)}
        error={error === null ? undefined : refusal(error)}
        autoComplete="current-password"
        maxLength={512}
        size="md"
        visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
      />
      <Button type="submit" size="md" loading={isPending}>
        Log in
      </Button>
      <details className={styles['help']}>
        <summary>Where do I find it?</summary>
        <ul>
          <li>
            <code>daylight up</code> printed it when the server started, in a link that ends in <code>?token=…</code>:
            opening that link logs you in.
          </li>
          <li>
            It is kept in the file <code>tokens.json</code> in the data folder of the server.
          </li>
          <li>Somebody else runs the server? Ask them. They can also give you a token that only looks.</li>
        </ul>
      </details>
    </form>
  );
}

function refusal(error: Error): string {
  if (error instanceof ApiFailure && error.status === 401) return 'This is not the token of this cluster.';
  const { title, advice } = describeFailure(error);
  return `${title}. ${advice}`;
}

/** In a public cluster anybody may lend a machine, also without a token. */
function PublicDoor() {
  const { data } = useQuery({
    queryKey: ['donateInfo'],
    queryFn: async (): Promise<boolean> => {
      const info: unknown = await (await fetch('/donate/info')).json();
      return typeof info === 'object' && info !== null && Reflect.get(info, 'isPublic') === true;
    },
    refetchInterval: false,
    retry: false,
  });
  if (data !== true) return null;
  return (
    <div className={styles['card']}>
      <h2>No token?</h2>
      <p className="soft">This cluster is public: you can lend it computing time all the same.</p>
      <Button component="a" href="/donate" variant="default" leftSection={<LendIcon size={17} />}>
        Lend this computer
      </Button>
    </div>
  );
}
