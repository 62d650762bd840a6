import { describeMutations } from './noticed.ts';

describeMutations(['api-keys']);
