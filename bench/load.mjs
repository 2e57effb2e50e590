// node load.mjs <job.json>: one closed-loop load with autocannon; one line of JSON about it on stdout.
// job: { port, connections, seconds, status, requests: [{ path, headers }] }
import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const latencies = []
const sizes = new Set()
let unexpected = 0
let first = 0
let last = 0
const clients = []

// Every connection begins with another person, so that they do not all ask for the same one at once.
function spread (client) {
  const start = Math.floor(clients.push(client) * job.requests.length / job.connections) % job.requests.length
  client.setRequests([...job.requests.slice(start), ...job.requests.slice(0, start)])
}

// Nobody hangs up on a question: what was sent is answered, so that CPU and Redis calls divide by a true number.
function enough () {
  for (const client of clients) client.responseMax = client.reqsMade
}

function answered (client, status, bytes, milliseconds) {
  last = performance.now()
  first ||= last
  latencies.push(milliseconds)
  sizes.add(bytes)
  if (status !== job.status) unexpected++
}

const run = autocannon({
  url: `http://127.0.0.1:${job.port}`,
  connections: job.connections,
  duration: job.seconds + 10, // `enough` comes first
  sampleInt: 100,
  setupClient: spread
}, (error, result) => {
  if (error) throw error
  latencies.sort((a, b) => a - b)
  const at = (share) => latencies[Math.floor((latencies.length - 1) * share)]
  console.log(JSON.stringify({
    answered: latencies.length,
    failed: unexpected + result.errors + result.timeouts + result.requests.sent - latencies.length,
    sizes: [...sizes],
    seconds: (last - first) / 1000,
    cpu: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
    p50: at(0.5),
    p99: at(0.99)
  }))
})
run.on('response', answered)
setTimeout(enough, job.seconds * 1000)
