/** Steps that a command may still do. */
export interface Budget {
  left: number;
}
