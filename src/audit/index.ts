export { describeViews } from './describe-views.ts';
export { bindParameters, findQuestion, loadQuestions } from './questions.ts';
export { runQuery } from './run-query.ts';
export { sampleRows } from './sample.ts';
