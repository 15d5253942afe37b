/** What the card says of what is designed and not built. */

export const design = `## What would come next

Designed and computed here, **not built**: the machines on which this is tested have two cores, which cannot show it.

### Call workers beside the process that owns the books

A process of an institution does three things: it leads conversations, checks secrets, and writes the books. Conversations are what fills its one core (the table of calls), and the only part that can be taken out without asking who writes: a script sees the bank by its edge
alone (\`Bank\`, \`Merchant\`), whose requests and answers are plain data already, ids, amounts, unions of outcomes, with nothing of a channel or a transaction in them.

- **What a worker is**: the same program with \`src/phone/\`, \`src/speech/\` and \`ivr/\`, an ARI connection of its own, and in place of the bank an edge that sends each request over a socket and waits. Hash checks go with it: their threads are the second of the three.
- **What stays**: one writer for each institution, its record keys, its mail, its pages. A request that moves money carries its intent's id, so a worker that lost its socket asks again, by the code that a call takes up after a restart today.
- **Secrets on that socket** (PINs in, passwords out) are \`Secret\` at both ends and need TLS with the institution's own keys where it leaves the machine. A deadline on each request; an edge that does not answer is told to the caller as the books' being away, as with a full queue today.
- **Who rings whom**: Asterisk hands each call to one of the workers that subscribe (one Stasis application for each worker, by Kamailio's load as for Asterisk itself). A worker is drained as an Asterisk is.
- **What it would bear**: the writer's share of a sale is what the ledger's benchmark measures, and a conversation has one sale. So as many calls go on at once beside one writer as it sells in a second, times a call's seconds; above, where the next limit is, that is said in numbers. Workers are as many as the table has processes, which assumes that the socket costs them no more than the books cost them today: nobody has measured that.

### A bank as several branches

When one writer is not enough the bank is several institutions, called branches, each with its books, keys, chain, log and standby: the partition is the institution, as it is today, and no transaction ever spans two.

- **By directory, never by number.** Which branch an account belongs to is looked up, in a replicated table (account to branch) that the call workers read on their own disks, 10⁹ rows of some twenty bytes, and that is signed like a list of peers. No digit of an account number says it, so an account can move, a branch can be split, and no number is ever renamed. An account that moves is closed at one branch and opened at the other
  by letter, and the directory changes last; a worker that asks the old branch is told where to ask.
- **Stock is per branch**: each orders its records from payees itself, as banks do today; a payee sees one more bank. Payees that outgrow one writer are several in the same way, and a voucher's number says which payee prints it.
- **Money between branches** goes by the mail and the settlement that banks use with each other today: a transfer is a posting at one, a letter, a posting at the other, with read-back, net positions and statements. A customer of one branch who pays one of another waits as long as for another bank.
- **What stays the same**: audits, checkpoints, backups and the end of a day are a branch's own and no larger than one writer's.
- **What is given up**: a total of all accounts at one instant. The sum of the branches' signed heads at a cut-off is what there is, as between banks.`
