/** What every route of the API says of itself: what it takes, what it answers, and that a key is needed. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IntentId } from '../../ids.ts'
import type { ApiKey } from '../../merchant/till/till.ts'
import { Problem } from './problems.ts'

/** Serves whoever presents a key that may be used, under the id of its `Idempotency-Key`. */
export type AsKey = (
  request: FastifyRequest,
  reply: FastifyReply,
  serve: (key: ApiKey, intent: IntentId) => Promise<FastifyReply>,
) => Promise<FastifyReply>

export function moving(summary: string, body: unknown, status: number, answer: unknown, params?: unknown) {
  return {
    schema: {
      summary,
      tags: ['till'],
      security: [{ key: [] }],
      headers: idempotencyHeader,
      ...(body !== undefined && { body }),
      ...(params !== undefined && { params }),
      response: { [status]: answer ?? { type: 'null', description: 'Done' }, '4xx': Problem, '5xx': Problem },
    },
  }
}

export function reading(summary: string, answer: unknown, more: object) {
  return {
    schema: {
      summary,
      tags: ['till'],
      security: [{ key: [] }],
      ...more,
      response: { 200: answer, '4xx': Problem, '5xx': Problem },
    },
  }
}

const idempotencyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'the same key, the same request, the same answer, for ever; 1 to 255 characters',
    },
  },
} as const
