/**
 * What is wrong with the source, as a list below it: each entry leads to its line.
 */
import type { Problem } from '#shared/api/schemas.ts';
import { formatNoun } from '../format/numbers.ts';
import { AlertIcon, DoneIcon } from '../parts/icons.ts';
import styles from './submit-form.module.css';

/** See above. */
export interface ProblemListProps {
  /** Undefined before the first look. */
  readonly problems: readonly Problem[] | undefined;
  readonly onChoose: (problem: Problem) => void;
}

/** See above. */
export function ProblemList({ problems, onChoose }: ProblemListProps) {
  if (!problems) return null;
  return (
    <div>
      <p className={problems.length === 0 ? styles['fine'] : 'unseen'} role="status">
        {problems.length === 0 ? (
          <>
            <DoneIcon size={15} aria-hidden /> No problems found
          </>
        ) : (
          formatNoun(problems.length, 'problem')
        )}
      </p>
      <ul className={styles['problems']}>
        {problems.map((problem) => {
          const { file, line, column, message, severity } = problem;
          return (
            <li key={`${file} ${line} ${column} ${message}`}>
              <button type="button" data-severity={severity} onClick={() => onChoose(problem)}>
                <AlertIcon size={15} aria-hidden />
                <span className={styles['where']}>
                  line {line}, column {column}
                </span>
                <span>
                  {severity === 'warning' && <span className="unseen">Warning: </span>}
                  {message}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
