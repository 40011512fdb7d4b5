// Marching squares: all level lines of a table in one pass over its cells.
//
// A line is a closed ring [x, y, x, y, …] around what reaches its level, in cells, node (i, j) at (i, j). What meets the
// border of the table closes four cells outside it, where the panel's clip path hides it, stroke and all. Painted over
// one another with even-odd filling, the rings of rising levels are a map, holes included.

// An edge is 2·node (to the right) or 2·node + 1 (upwards). Of a cell with corners 1, 2, 4, 8 (anticlockwise from the
// lower left), edges 0 to 3 (below, right, above, left) are crossed from the first to the second of each pair.
const CROSSED = [[], [3, 0], [0, 1], [3, 1], [1, 2], null, [0, 2], [3, 2], [2, 3], [2, 0], null, [2, 1], [1, 3], [1, 0], [0, 3], []];
const SADDLES = {5: [[3, 0, 1, 2], [1, 0, 3, 2]], 10: [[0, 1, 2, 3], [0, 3, 2, 1]]}; // apart, joined in the middle

function ranksOf(places) { // how many of the levels each code reaches
  const ranks = new Uint8Array(65536);
  for (const place of places) for (let code = Math.max(0, Math.ceil(place)); code < 65536; code++) ranks[code]++;
  return ranks;
}

// Within a level a crossed edge ends one segment and begins the next, so this is all the stitching there is. It is kept
// from call to call, and left as it was found: -1 everywhere.
let next = new Int32Array(0);

// `values` holds columns × rows codes, `places` where the levels lie among them, `ranks` is ranksOf(places).
function levelLines(values, columns, rows, places, ranks) {
  const wide = columns + 2, high = rows + 2, edges = 2 * wide * high, count = places.length;
  if (next.length < edges * count) next = new Int32Array(edges * count).fill(-1);
  const reached = new Uint8Array(wide * high); // 0 on the border around the table
  for (let j = 0; j < rows; j++) {
    for (let i = 0, to = (j + 1) * wide + 1; i < columns; i++) reached[to + i] = ranks[values[j * columns + i]];
  }
  const begun = places.map(() => []);
  const value = (x, y) => values[Math.min(rows - 1, Math.max(0, y - 1)) * columns + Math.min(columns - 1, Math.max(0, x - 1))];
  const edge = [0, 0, 0, 0];
  for (let y = 0; y < high - 1; y++) {
    for (let x = 0; x < wide - 1; x++) {
      const at = y * wide + x, a = reached[at], b = reached[at + 1], c = reached[at + wide + 1], d = reached[at + wide];
      if (a === b && b === c && c === d) continue;
      edge[0] = 2 * at; edge[1] = 2 * at + 3; edge[2] = 2 * (at + wide); edge[3] = 2 * at + 1;
      const most = Math.max(a, b, c, d);
      for (let k = Math.min(a, b, c, d); k < most; k++) {
        const corners = (a > k) | (b > k) << 1 | (c > k) << 2 | (d > k) << 3;
        let crossed = CROSSED[corners];
        if (crossed === null) {
          const middle = (value(x, y) + value(x + 1, y) + value(x, y + 1) + value(x + 1, y + 1)) / 4;
          crossed = SADDLES[corners][+(middle >= places[k])];
        }
        for (let s = 0; s < crossed.length; s += 2) {
          const from = edge[crossed[s]];
          next[k * edges + from] = edge[crossed[s + 1]];
          begun[k].push(from);
        }
      }
    }
  }
  return places.map((place, k) => {
    const rings = [], base = k * edges;
    for (const first of begun[k]) {
      if (next[base + first] < 0) continue;
      const ring = [];
      for (let e = first, then; (then = next[base + e]) >= 0; e = then) {
        next[base + e] = -1;
        const node = e >> 1, y = (node / wide | 0) - 1, x = node - (y + 1) * wide - 1, up = e & 1;
        const inside = x >= 0 && y >= 0 && (up ? x < columns && y < rows - 1 : x < columns - 1 && y < rows);
        let part = x < 0 || y < 0 ? -3 : 4;
        if (inside) {
          const at = y * columns + x, from = values[at];
          part = (place - from) / (values[up ? at + columns : at + 1] - from);
        }
        ring.push(up ? x : x + part, up ? y + part : y);
      }
      rings.push(ring);
    }
    return rings;
  });
}
