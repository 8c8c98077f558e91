/**
 * Datagrams that sockets had no room for, told apart by whose they are: the soak's own ends excuse a packet that is
 * not there, the programs' do not.
 * Source: proc(5), net/udp, and for net/softnet_stat (second column, hexadecimal) the kernel's net/core/net-procfs.c.
 */
import { readFileSync } from 'node:fs';
import { clientPort, wireguardPort } from '../lab/lab.ts';

export interface Drops {
  /** At the soak's ends: a packet is lost by it. */
  readonly lab: number;
  /** In the kernel's queue between two namespaces, of which there is one per processor for everything. */
  readonly backlog: number;
  /** At the programs' sockets and the clients' links: copies, of which others may have arrived. */
  readonly copies: number;
}

/** @param pids a process in each of the namespaces */
export function dropsIn(pids: readonly number[]): Drops {
  let [lab, copies] = [0, 0];
  for (const columns of pids.flatMap((pid) => rowsOf(`/proc/${pid}/net/udp`).slice(1))) {
    const [local, remote] = [columns[1]!, columns[2]!].map((one) => Number.parseInt(one.split(':')[1]!, 16));
    const isLab = local === wireguardPort || remote === clientPort;
    if (isLab) lab += Number(columns.at(-1));
    else copies += Number(columns.at(-1));
  }
  const backlogs = rowsOf('/proc/net/softnet_stat').map(([, dropped]) => Number.parseInt(dropped!, 16));
  return { lab, copies, backlog: backlogs.reduce((sum, dropped) => sum + dropped, 0) };
}

function rowsOf(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/));
}
