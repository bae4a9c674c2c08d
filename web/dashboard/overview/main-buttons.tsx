/**
 * What to press: give work, or lend a machine.
 */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { LendIcon, PlayIcon } from '../parts/icons.ts';
import { useMe } from '../parts/me.ts';

/** See above. The donate page opens beside this one: what it lends ends with its tab. */
export function MainButtons() {
  const { isOperator, joinUrl } = useMe();
  return (
    <>
      {isOperator && (
        <Button renderRoot={(props) => <Link to="/submit" {...props} />} leftSection={<PlayIcon size={16} />}>
          Submit a job
        </Button>
      )}
      <Button
        component="a"
        href={joinUrl ?? '/donate'}
        target="_blank"
        rel="noreferrer"
        variant="default"
        leftSection={<LendIcon size={17} />}
      >
        Lend this computer
      </Button>
    </>
  );
}
