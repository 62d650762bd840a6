import { describeMutations } from './noticed.ts';

describeMutations(['audit-trail', 'deployments', 'variables']);
