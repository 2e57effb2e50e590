// node podlet.mjs <port> <redis port> <bytes>: the peer. A Podium podlet on Fastify that reads one person's list with
// one MGET of as many keys and as many bytes as ours, renders ten escaped items each time, and answers <bytes> bytes.
import Podlet from '@podium/podlet'
import podiumFastify from '@podium/fastify-podlet'
import fastify from 'fastify'
import { Redis } from 'ioredis'

const [port, redisPort, bytes] = process.argv.slice(2).map(Number)
const redis = new Redis(redisPort, '127.0.0.1')
const podlet = new Podlet({
  name: 'todos', version: '1.0.0', pathname: '/widgets/todos', content: '/', development: false
})
const app = fastify()
app.register(podiumFastify, podlet)

const REPLACED = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }
const MARKUP = /[&<>"']/g
const URGENCY = { critical: '特急', high: '紧急', normal: '普通' }

function escaped (text) {
  return String(text).replace(MARKUP, (character) => REPLACED[character])
}

function shown (moment) {
  return `${moment.slice(5, 10)} ${moment.slice(11, 16)}`
}

// A list is kept as ours is: each row field by field, in the order of KeptTodo.
function row ([, , title, url, urgency, step, , sender, received, due]) {
  return `<li class="pw-item pw-${escaped(urgency)}"><a class="pw-link" href="${escaped(url)}" target="_blank" rel="noopener">
<span class="pw-badge">${URGENCY[urgency]}</span><span class="pw-title">${escaped(title)}</span></a>
<span class="pw-step">${escaped(step)}</span><span class="pw-sender">${escaped(sender)}</span>
<time datetime="${escaped(received)}">${shown(received)}</time><time datetime="${escaped(due)}">${shown(due)}</time></li>`
}

function card (items, filler) {
  return `<section class="pw-card" aria-label="待办"><h2>待办 <span>${items.length}</span></h2>
<ul class="pw-list">${items.map(row).join('')}</ul></section><!--${filler}-->`
}

let filler = null // all cards are equally long: the first one tells how much is missing

function filled (items) {
  filler ??= 'x'.repeat(bytes - Buffer.byteLength(card(items, '')))
  return card(items, filler)
}

function slotOf (cookies = '') {
  return /(?:^|; )peer=([0-9a-f]{16})/.exec(cookies)?.[1]
}

app.get(podlet.content(), answer)
app.get(podlet.manifest(), async () => podlet)

async function answer (request, reply) {
  const slot = slotOf(request.headers.cookie)
  if (!slot) return reply.code(401).send('')
  const [ended, , list] = await redis.mget(`peer:{${slot}}:ended`, `peer:{${slot}}:opened`, `peer:{${slot}}:list`)
  if (ended !== null || list === null) return reply.code(401).send('')
  return reply.podiumSend(filled(JSON.parse(list)))
}

await app.listen({ port, host: '127.0.0.1' })
