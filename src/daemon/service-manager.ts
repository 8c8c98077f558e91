/** Finds the service manager that started this program, when there is one that wants to hear of it. */
import { type Log, ServiceManager, watchdogMs } from '../telemetry/index.ts';

/**
 * Undefined without `NOTIFY_SOCKET`; the variable is taken away, for it is not meant for programs that this one
 * starts. A service manager that cannot be reached is told about in the log, once: it will call the start failed.
 */
export async function connectServiceManager(log: Log): Promise<ServiceManager | undefined> {
  const { NOTIFY_SOCKET: socket } = process.env;
  if (socket === undefined || socket === '') return undefined;
  const watchdog = watchdogMs(process.env, process.pid);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];

  let isSaid = false;
  const complain = (error: unknown) => {
    if (!isSaid)
      log.warn(`Cannot tell the service manager how this program fares: ${(error as Error).message}`);
    isSaid = true;
  };
  try {
    const { sendUnixDatagram } = await import('../linux/index.ts'); // only here: others need no FFI for it
    const send = (message: string) => {
      try {
        sendUnixDatagram(socket, message);
      } catch (error) {
        complain(error);
      }
    };
    return new ServiceManager({ send, watchdogMs: watchdog });
  } catch (error) {
    complain(error);
    return undefined;
  }
}
