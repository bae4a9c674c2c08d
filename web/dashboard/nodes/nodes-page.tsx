/**
 * All nodes and drivers, also those that have left.
 */
import { Button } from '@mantine/core';
import { Empty } from '../parts/empty.tsx';
import { LendIcon, NodeIcon } from '../parts/icons.ts';
import { useMe } from '../parts/me.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { DataTable } from '../parts/table/data-table.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { NODE_COLUMNS } from './node-columns.tsx';

/** See above. */
export function NodesPage() {
  const state = useAddressState();
  const { joinUrl } = useMe();
  return (
    <>
      <PageHeader
        title="Nodes"
        actions={
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
        }
      >
        Machines and browser tabs that run tasks, and drivers, which only submit them.
      </PageHeader>
      <DataTable
        list="listNodes"
        columns={NODE_COLUMNS}
        state={state}
        noun="node"
        rowKey={({ id }) => id}
        empty={
          <Empty icon={NodeIcon} title="Nobody has joined yet">
            <p>
              Lend this computer with the button above, or a server with <code>daylight join</code>.
            </p>
          </Empty>
        }
      />
    </>
  );
}
