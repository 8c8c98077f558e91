/** What costs speed or bursts, not the tunnel: the engine, offloads, socket buffers. Notes only. */
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isAtLeast } from './kernel.ts';

const CAP_NET_ADMIN = 12n;
/** What the programs ask for on links; with CAP_NET_ADMIN they get it past the limit. */
const WANTED_RECEIVE_BYTES = 4 << 20;

export function judgeSpeed(facts: ClientFacts | ServerFacts): Finding[] {
  return [...judgeOffload(facts), ...judgeBuffers(facts)];
}

function judgeOffload({ host, running, interfaces }: ClientFacts | ServerFacts): Finding[] {
  if (running.overview?.instance.engine === 'portable') {
    const why = host.engineObstacle === '' ? 'RENGARDE_ENGINE says so' : host.engineObstacle;
    const message = `runs with the portable engine (${why}): a system call for each copy, no offload, links bound to addresses only`;
    const remedy =
      host.engineObstacle === '' ? 'unset RENGARDE_ENGINE' : 'nothing here; 64-bit Linux has the fast engine';
    return [found('note', 'portable-engine', message, remedy)];
  }
  if (host.engineObstacle !== '') {
    const message = `the fast engine cannot be had: ${host.engineObstacle}`;
    return [found('note', 'portable-engine', message, 'nothing; 64-bit Linux has the fast engine')];
  }
  if (!isAtLeast(host.kernel, 5, 0)) {
    const message = `Linux ${host.kernel} is without offload for UDP (segmentation 4.18, receive 5.0): more processor time for each packet`;
    return [found('note', 'no-offload', message, 'a newer kernel, if speed matters')];
  }
  const used = interfaces.filter(({ isUsed }) => isUsed).map(({ interface: { name } }) => name);
  const without = host.withoutChecksumOffload.filter((name) => used.includes(name));
  if (without.length === 0) return [ok('offload', `Linux ${host.kernel} sends and receives in runs`)];
  return without.map((name) =>
    found(
      'note',
      'no-offload',
      'checksums are left to the processor, so the kernel refuses to send runs: copies are sent one by one',
      `ethtool -K ${name} tx on, if the device can`,
      name,
    ),
  );
}

function judgeBuffers({ host }: ClientFacts | ServerFacts): Finding[] {
  const limit = host.receiveBufferLimitBytes;
  if (limit === undefined || host.engineObstacle !== '') return [];
  const isPastLimit = ((host.capabilities >> CAP_NET_ADMIN) & 1n) === 1n;
  if (isPastLimit || limit >= WANTED_RECEIVE_BYTES)
    return [ok('buffers', 'receive buffers are as large as asked for')];
  const message = `receive buffers are cut to ${limit} bytes of the ${WANTED_RECEIVE_BYTES} asked for: bursts may be lost at high rates`;
  const remedy = `sysctl -w net.core.rmem_max=${WANTED_RECEIVE_BYTES} (for good: in /etc/sysctl.d/)`;
  return [found('note', 'small-buffers', message, remedy)];
}
