/** Child processes of a benchmark: started, awaited, and asked for the processor time they have used. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill();
});

/** Starts `node SCRIPT ARGS`; `lines` holds what it printed so far. */
export function startNode(script, args = [], environment = {}) {
  return start(process.execPath, [`${root}${script}`, ...args], environment);
}

/** The same for any program. */
export function start(command, args = [], environment = {}) {
  const child = spawn(command, args.map(String), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  const lines = [];
  const waiters = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const waiter of waiters) waiter();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    pid: child.pid,
    lines,
    ended,
    /** Resolves with the first line that contains `text`. */
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.includes(text));
          if (found !== undefined) resolve(found);
        };
        waiters.push(look);
        look();
        void ended.then(() =>
          reject(new Error(`${command} ${args[0]} ended without printing "${text}": ${lines.join('\n')}`)),
        );
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Processor time used so far by all threads of `pid`, in nanoseconds (proc(5), schedstat). */
export function cpuNs(pid) {
  return [...threadsNs(pid).values()].reduce((sum, ns) => sum + ns, 0);
}

/** The same by thread number. */
export function threadsNs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return new Map(
    tasks.map((task) => {
      const [ns] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ', 1);
      return [task, Number(ns)];
    }),
  );
}

/** How often the threads of `pid` have gone to sleep to wait for something (proc(5), status). */
export function sleeps(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]);
  }, 0);
}

/** Resident memory of `pid`, in MiB. */
export function residentMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
}

/** Datagrams for which UDP sockets with this local or remote port had no room (proc(5), net/udp). */
export function droppedAt(port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  const columns = sockets.map((socket) => socket.trim().split(/\s+/));
  const ours = columns.filter(([, local, remote]) => local.endsWith(hex) || remote.endsWith(hex));
  return ours.reduce((sum, socket) => sum + Number(socket.at(-1)), 0);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
