/**
 * The page of an address that leads nowhere.
 */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Empty } from '../parts/empty.tsx';
import { OverviewIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';

/** See above. */
export function NotFoundPage() {
  return (
    <>
      <PageHeader title="There is nothing here" />
      <Empty icon={OverviewIcon} title="No page has this address">
        <p>The link may be old or mistyped.</p>
        <Button renderRoot={(props) => <Link to="/" {...props} />}>Go to the overview</Button>
      </Empty>
    </>
  );
}
