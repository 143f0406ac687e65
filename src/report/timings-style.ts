/** The style sheet of the timings page: light and dark by the reader's setting, readable when printed, no fonts fetched. */
export const timingsStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #626b76; --ground: #ffffff; --line: #e3e7ec; --work: #4c8dd6; --request: #2f5f98;
  --still: #b9c2cc; --bad: #cf3f36; --wait: #e0a526; --mark: #7a3fc4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ed; --soft: #97a1ad; --ground: #14171b; --line: #2a3037; --work: #5c9be0; --request: #9cc4f2;
  --still: #4a535d; --bad: #f0685f; --wait: #e8b84a; --mark: #b78cf0; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1.5rem; background: var(--ground); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.lead, .legend, .time { color: var(--soft); } .lead { margin: .2rem 0 0; } .lead strong { color: var(--ink); }
.legend { font-size: .85rem; margin: 0 0 .5rem; }
.key { display: inline-block; width: 1.1em; height: .7em; margin: 0 .35em 0 .8em; border-radius: 2px; vertical-align: baseline; } .key:first-child { margin-left: 0; }
.key.critical { background: none; border-left: 3px solid var(--mark); border-radius: 0; width: 0; }
.accepted { background: var(--work); } .request { background: var(--request); } .unchanged { background: var(--still); } .failed { background: var(--bad); }
.skipped { background: none; outline: 1px dashed var(--still); outline-offset: -1px; }
.rest { background: color-mix(in srgb, var(--work) 35%, transparent); }
.wait { background: repeating-linear-gradient(-45deg, var(--wait) 0 4px, transparent 4px 7px), var(--ground); }
.row { display: grid; grid-template-columns: minmax(8rem, 17rem) 1fr 5.5rem; gap: .6rem; align-items: center; height: 1.35rem; }
.row:not(.axis):hover { background: color-mix(in srgb, var(--line) 55%, transparent); }
.row .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .85rem; padding-left: .5rem; border-left: 3px solid transparent; }
.row.critical .label { border-left-color: var(--mark); font-weight: 600; }
.row .time { font-size: .8rem; text-align: right; font-variant-numeric: tabular-nums; }
.track { position: relative; height: 100%; border-left: 1px solid var(--line); border-right: 1px solid var(--line); }
.track i { position: absolute; top: 22%; height: 56%; min-width: 3px; border-radius: 2px; }
.axis { position: sticky; top: 0; background: var(--ground); z-index: 1; border-bottom: 1px solid var(--line); }
.axis .mark { position: absolute; font-size: .75rem; color: var(--soft); padding-left: .25rem; border-left: 1px solid var(--line); white-space: nowrap; }
.path { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; margin: 0; padding: 0; }
.path li { border: 1px solid var(--line); border-left: 3px solid var(--mark); border-radius: 3px; padding: .1rem .6rem; font-size: .9rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th { font-weight: 500; color: var(--soft); text-align: right; }
td, th { padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid var(--line); } td { text-align: right; } td:first-child, th:first-child { text-align: left; }
@media (max-width: 64rem) { .row { grid-template-columns: minmax(6rem, 11rem) 1fr 5.5rem; } .axis .mark:not(:nth-child(2n+1)) { display: none; } }
@media (max-width: 40rem) { body { padding: 0 .5rem; } .row { grid-template-columns: minmax(5rem, 28%) 1fr 4.2rem; gap: .3rem; }
  .axis .mark:not(:nth-child(4n+1)) { display: none; } td, th { padding-right: .5rem; } }
@media print { .row { break-inside: avoid; } .axis { position: static; } }
`;
