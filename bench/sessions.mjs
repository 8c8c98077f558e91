/**
 * Many WireGuard clients on one server port, three paths each, everything on loopback, no root needed.
 * First the proof: sealed traffic both ways between real endpoints, nothing may be lost. Then what the server
 * pays: processor time per packet at one total rate with 1, 10, 100 and all sessions in turn, and resident
 * memory, with ready-made packets in sessions that real handshakes opened.
 * Usage: node bench/sessions.mjs [--sessions 1000] [--rounds 3] [--seconds 3] [--sealed 3000] [--ready-made 10000]
 *   [--length 1408] [--pace even|bursts] [--lengths equal|mixed]
 *   [--counts 1,10,100,1000] [--only proof|cost] [--engines linux,portable] [--json FILE]
 * --sealed, --ready-made: packets per second and direction, of all sessions together.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { program } from './dist.mjs';
import { droppedAt, median, residentMiB, sleeps, startNode, threadsNs } from './process.mjs';

const SERVER = 47_601;
const WIREGUARD = 47_602;
const WARM_S = 1.5;
const WANTED_RATIO = 1.3;
const WANTED_KIB = 64;

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    sealed: { type: 'string', default: '3000' },
    'ready-made': { type: 'string', default: '10000' },
    length: { type: 'string', default: '1408' },
    pace: { type: 'string', default: 'even' },
    lengths: { type: 'string', default: 'equal' },
    counts: { type: 'string' },
    only: { type: 'string' },
    engines: { type: 'string', default: 'linux' },
    json: { type: 'string' },
  },
});
const most = Number(options.sessions);
const engines = options.engines.split(',');
const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = `${folder}/engarde.yml`;
writeFileSync(
  file,
  `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n  maxSessions: ${2 * most}\n` +
    `  maxUnconfirmedSessions: ${most}\n`,
);

if (options.only !== 'cost') await prove();
if (options.only !== 'proof') {
  const found = await measureCost();
  for (const engine of engines) tell(engine, found.get(engine));
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(rowsOf(found)));
}

async function prove() {
  const { up, down, clients, host } = await run(engines[0], most, options.sealed, 'sealed');
  console.log(
    `${most} sessions opened by handshakes, sealed packets of ${options.length} bytes, ${options.sealed}/s each way:`,
  );
  console.log(`  up:   sent ${up.sent}, arrived ${up.arrived}, lost ${up.sent - up.arrived} (wanted: 0)`);
  console.log(
    `  down: sent ${down.sent}, arrived ${down.arrived}, lost ${down.sent - down.arrived} (wanted: 0)`,
  );
  console.log(
    `  sessions with every packet both ways: ${clients.sessions} of ${most}; copies per path down: ` +
      `${clients.paths.join(', ')}; copies that reached WireGuard: ${host.copies}`,
  );
}

/** By engine and number of sessions, a result per round. */
async function measureCost() {
  const counts = options.counts?.split(',').map(Number) ?? [1, 10, 100, most];
  const found = new Map(engines.map((engine) => [engine, new Map(counts.map((count) => [count, []]))]));
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const count of counts) {
      for (const engine of engines) {
        found
          .get(engine)
          .get(count)
          .push(await run(engine, count, options['ready-made'], 'ready-made'));
      }
    }
    process.stderr.write(`sessions: round ${round} of ${options.rounds}\n`);
  }
  return found;
}

/** One object per round, engine and number of sessions. */
function rowsOf(found) {
  return [...found].flatMap(([engine, byCount]) =>
    [...byCount].flatMap(([sessions, rounds]) =>
      rounds.map(({ cpuUs, loopUs, resident, up, down }) => {
        const lost = up.sent - up.arrived + down.sent - down.arrived;
        return {
          engine,
          sessions,
          cpuUs,
          loopUs,
          resident,
          lostPercent: (100 * lost) / (up.sent + down.sent),
        };
      }),
    ),
  );
}

function tell(engine, results) {
  const counts = [...results.keys()];
  const [fewest, largest] = [counts[0], counts.at(-1)];
  console.log(
    `server (${engine}), 3 paths, ready-made packets of ${options.length} bytes (real handshakes), ${options['ready-made']}/s ` +
      `each way in all, ${options.pace}, ${options.lengths} lengths; median (min–max) of ${options.rounds} rounds of ${options.seconds} s`,
  );
  const cpu = (count) => median(results.get(count).map((one) => one.cpuUs));
  const memory = (count) => median(results.get(count).map((one) => one.resident));
  for (const count of counts) {
    const rounds = results.get(count);
    const values = rounds.map((one) => one.cpuUs);
    const ratios = rounds.map((one, i) => one.cpuUs / results.get(fewest)[i].cpuUs);
    const lost = (way) => rounds.reduce((sum, one) => sum + one[way].sent - one[way].arrived, 0);
    console.log(
      `${String(count).padStart(5)} sessions: ${cpu(count).toFixed(2)} µs CPU per packet (${range(values)}), of it the packet loop ` +
        `${median(rounds.map((one) => one.loopUs)).toFixed(2)}, ${median(rounds.map((one) => one.sleeps)).toFixed(2)} sleeps per packet, ` +
        `${median(ratios).toFixed(2)} × ${fewest} (${range(ratios)}), ${memory(count).toFixed(1)} MiB, ` +
        `lost ${lost('up')} up, ${lost('down')} down, ` +
        `copies dropped by full sockets ${rounds.reduce((sum, { dropped }) => sum + dropped, 0)}`,
    );
  }
  if (largest === fewest) return;
  const ratio = median(results.get(largest).map((one, i) => one.cpuUs / results.get(fewest)[i].cpuUs));
  const perSession = ((memory(largest) - memory(fewest)) * 1024) / (largest - fewest);
  console.log(
    `CPU per packet, ${largest} sessions / ${fewest}: ${ratio.toFixed(2)} (wanted: at most ${WANTED_RATIO})`,
  );
  console.log(`resident memory per session: ${perSession.toFixed(1)} KiB (wanted: at most ${WANTED_KIB})`);
}

/** One server, its WireGuard and `count` clients, from start to end. */
async function run(engine, count, perSecond, kind) {
  const host = startNode('bench/sessions-host.mjs', [WIREGUARD, count, options.length]);
  await host.line('ready');
  const server = startNode(program('rengarde-server'), [file], { RENGARDE_ENGINE: engine });
  await server.line('serving');
  const load = [
    SERVER,
    count,
    options.length,
    perSecond,
    WARM_S,
    options.seconds,
    kind,
    options.pace,
    options.lengths,
  ];
  const clients = startNode('bench/sessions-clients.mjs', load);
  await clients.line('measuring');
  const before = threadsNs(server.pid);
  const sleepsBefore = sleeps(server.pid);
  const window = JSON.parse((await clients.line('measured')).slice('measured '.length));
  const spent = [...threadsNs(server.pid)].map(([thread, ns]) => ns - (before.get(thread) ?? 0));
  const slept = sleeps(server.pid) - sleepsBefore;
  const packets = window.sent + window.received;
  const resident = residentMiB(server.pid);
  // While the sockets are open: of the clients', the server's and WireGuard's.
  const dropped = droppedAt(SERVER) + droppedAt(WIREGUARD);
  const sent = JSON.parse(await clients.line('"paths"'));
  const echo = JSON.parse(await host.line('"echoed"'));
  await server.stop();
  return {
    cpuUs: spent.reduce((sum, ns) => sum + ns, 0) / 1000 / packets,
    loopUs: Math.max(...spent) / 1000 / packets,
    sleeps: slept / packets,
    resident,
    dropped,
    up: { sent: sent.sent, arrived: echo.received },
    down: { sent: echo.echoed, arrived: sent.received },
    clients: sent,
    host: echo,
  };
}

function range(values) {
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}
