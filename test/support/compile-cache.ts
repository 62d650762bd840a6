import { enableCompileCache } from 'node:module';
import { COMPILE_CACHE } from './child.ts';

// For the query processes that tests start through the program's own code: they are handed where this process keeps it.
enableCompileCache(COMPILE_CACHE);
