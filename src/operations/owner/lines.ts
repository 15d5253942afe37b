/** A local connection as a stream of values, one to a line, each way. */
import type { Socket } from 'node:net'
import { decodeLine, encodeLine, maxLineLength } from './wire.ts'

export interface Lines {
  send(value: unknown): void
  /** Sends what was sent before, then closes. */
  end(): void
  /** Closes at once. */
  drop(): void
}

interface Listener {
  heard(value: unknown): void
  /** Once, however the connection ended; nothing is heard afterwards. */
  gone(): void
}

/** Whoever sends what is no line of ours, or more than the longest one, is cut off. */
export function linesOn(socket: Socket, listener: Listener): Lines {
  let rest = ''
  let isOver = false
  const over = () => {
    if (isOver) return
    isOver = true
    socket.destroy()
    listener.gone()
  }
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLineLength) return over()
    for (const line of lines) {
      if (isOver) return
      const value = read(line)
      if (value === unreadable) return over()
      listener.heard(value)
    }
  })
  socket.on('error', over)
  socket.on('close', over)
  socket.on('end', over)
  return {
    send: value => {
      if (!isOver) socket.write(encodeLine(value))
    },
    end: () => {
      if (!isOver) socket.end()
    },
    drop: over,
  }
}

const unreadable = Symbol('no line of ours')

function read(line: string): unknown {
  try {
    return decodeLine(line)
  } catch {
    return unreadable
  }
}
