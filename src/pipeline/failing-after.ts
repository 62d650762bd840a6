/** So many poll intervals without a complete reading count as failing; `doctor --health` has the same measure. */
export const FAILING_AFTER_INTERVALS = 5;
