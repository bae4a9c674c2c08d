/**
 * Short words about what somebody has just done, in the corner and for screen readers.
 */
import { notifications } from '@mantine/notifications';
import { announce } from './announcer.tsx';
import { describeFailure } from './failure-words.ts';

/** It worked. */
export function tell(message: string): void {
  notifications.show({ message, color: 'green', withBorder: true });
  announce(message);
}

/** It did not. */
export function tellFailure(error: unknown): void {
  const { title, advice } = describeFailure(error);
  notifications.show({ title, message: advice, color: 'red', withBorder: true, autoClose: 10_000 });
  announce(`${title}. ${advice}`);
}
