import { describeMutations } from './noticed.ts';

describeMutations(['sign-ins']);
