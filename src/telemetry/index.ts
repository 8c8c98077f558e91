/** What the program tells the world about itself: logs; metrics come here too. */
export { type Log, openLog } from './log.ts';
export { type Service, ServiceManager, watchdogMs } from './service-manager.ts';
