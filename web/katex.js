// Reads one formula a line, [TeX, whether it stands alone] as JSON, and answers with one line of HTML, as JSON too.
const katex = require('katex');

require('readline').createInterface({input: process.stdin}).on('line', (line) => {
  const [tex, displayMode] = JSON.parse(line);
  let answer;
  try {
    answer = {html: katex.renderToString(tex, {displayMode, strict: 'error', throwOnError: true})};
  } catch (error) {
    answer = {error: error.message};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
