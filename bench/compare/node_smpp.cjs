// The npm package `smpp` as an ESME: keeps its window full and answers receipts.
//   node_smpp.cjs PORT MESSAGES WINDOW
const smpp = require('smpp');

const [port, messages, window] = process.argv.slice(2).map(Number);
const session = smpp.connect({ url: `smpp://127.0.0.1:${port}` });
let sent = 0, refused = 0, receipts = 0, started;

function submit() {
  if (sent >= messages) return;
  sent += 1;
  session.submit_sm({
    source_addr_ton: 5, source_addr: 'BENCH', dest_addr_ton: 1, dest_addr_npi: 1,
    destination_addr: '919800000001', registered_delivery: 1,
    short_message: 'Dear pensioner, DA arrears of Rs 4210 credited on 3 March. Treasury, Government of Kerala.',
  }, (response) => {
    if (response.command_status !== 0) refused += 1;
    submit();
  });
}

session.on('connect', () => {
  session.bind_transceiver({ system_id: 'bench', password: '' }, (response) => {
    if (response.command_status !== 0) throw new Error(`bind refused: ${response.command_status}`);
    started = process.hrtime.bigint();
    for (let open = 0; open < window; open += 1) submit();
  });
});
session.on('deliver_sm', (receipt) => {
  session.send(receipt.response());
  receipts += 1;
  if (receipts < messages) return;
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const rate = Math.round(messages / seconds);
  console.error(`node-smpp, bare, receipts on: ${rate.toLocaleString('en')}/s, ${refused} refused`);
  console.log(JSON.stringify({ bench: 'node-smpp', messages, window, messages_per_second: rate, refused }));
  session.destroy();
});
session.on('error', (error) => { console.error(String(error)); process.exitCode = 1; session.destroy(); });
