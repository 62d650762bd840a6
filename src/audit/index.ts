export { describeViews } from './describe-views.ts';
export { findQuestion, loadQuestions } from './questions.ts';
export { runQuery } from './run-query.ts';
