/** One entry of FastAPI's 422 body, as in the published `ValidationError`. */
export interface ValidationIssue {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An answer of the API that is an error: not a fault of this program, but what its caller gets. */
export class ApiError extends Error {
  /**
   * @param type Reducto's word for it, shown in the envelope form only
   * @param headers of the answer, by name
   */
  constructor(
    readonly status: number,
    message: string,
    readonly type = 'error',
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** The body, in the form that the settings ask for. */
  body(form: 'detail' | 'envelope'): unknown {
    return form === 'detail'
      ? { detail: this.message }
      : { error: { message: this.message, type: this.type, code: this.status } };
  }
}

/** 422: what was sent does not obey the published schema. */
export class InvalidRequest extends ApiError {
  constructor(readonly issues: readonly ValidationIssue[]) {
    super(422, 'invalid request');
  }

  override body(): unknown {
    return { detail: this.issues };
  }
}

/** 401, with the body that is assumed for it. */
export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'authentication_error');
