#!/usr/bin/env node
import { leave, serverCommand } from '../cli/index.ts';

leave(await serverCommand(process.argv));
