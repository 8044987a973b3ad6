"""The words that the built-in brain is made of."""

from __future__ import annotations

_OPENINGS = (
    "Most people who work with {t} find that",
    "In practice",
    "If you look closely at {t},",
    "For a first version of {t}",
    "After a while",
    "Nobody planned it so, but with {t}",
    "The short story of {t} is that",
    "On a quiet day",
    "Under load",
)
_MIDDLES = (
    "**small steps** are easier to check than large ones",
    "the order of events matters more than their number",
    "a plain `list` does the work of a clever structure",
    "the slowest part sets the pace for everything else",
    "what can be measured can be *improved*",
    "one clear name saves three comments",
    "a short pause tells more than a long log",
    "the simple case hides the interesting one",
    "each piece wants exactly one owner",
    "two readers will understand it in two ways",
    "the cost shows up at the very end",
)
_ENDINGS = (
    "and that is enough to begin with.",
    "so it pays to write it down.",
    "which is why the first test is worth so much.",
    "even when the numbers say otherwise.",
    "until somebody asks the right question.",
    "and nothing has to be done twice.",
    "as long as the edges are kept clean.",
)
_TITLES = (
    "Where it begins",
    "What it costs",
    "How it breaks",
    "Who needs it",
    "When to stop",
    "What to keep",
)
STATES = ("ready", "waiting", "done", "late", "new")


def sentence(topic: str, n: int) -> str:
    """The n-th sentence about a topic: 693 in all before they repeat."""
    opening = _OPENINGS[n % len(_OPENINGS)].format(t=topic)
    return f"{opening} {_MIDDLES[n % len(_MIDDLES)]}, {_ENDINGS[n % len(_ENDINGS)]}"


def title(topic: str, n: int) -> str:
    return f"{_TITLES[n % len(_TITLES)]}: {topic}"


def words(topic: str, n: int) -> str:
    """A few words for a table cell."""
    return f"{topic}, {_MIDDLES[n % len(_MIDDLES)]}"


CODE = {
    "python": (
        "from collections.abc import Iterator\n\n\n"
        "def fibonacci() -> Iterator[int]:\n"
        '    """Fibonacci numbers, for ever."""\n'
        "    a, b = 0, 1\n"
        "    while True:\n"
        "        yield a\n"
        "        a, b = b, a + b\n"
    ),
    "javascript": (
        "// Fibonacci numbers, for ever.\n"
        "function* fibonacci() {\n"
        "  let [a, b] = [0n, 1n];\n"
        "  for (;;) {\n"
        "    yield a;\n"
        "    [a, b] = [b, a + b];\n"
        "  }\n"
        "}\n"
    ),
    "typescript": (
        "export function chunk<T>(items: readonly T[], size: number): T[][] {\n"
        "  const chunks: T[][] = [];\n"
        "  for (let at = 0; at < items.length; at += size) {\n"
        "    chunks.push(items.slice(at, at + size));\n"
        "  }\n"
        "  return chunks;\n"
        "}\n"
    ),
    "rust": (
        "/// The greatest common divisor.\n"
        "fn gcd(mut a: u64, mut b: u64) -> u64 {\n"
        "    while b != 0 {\n"
        "        (a, b) = (b, a % b);\n"
        "    }\n"
        "    a\n"
        "}\n\n"
        "fn main() {\n"
        '    println!("{}", gcd(1071, 462));\n'
        "}\n"
    ),
    "go": (
        "package main\n\n"
        'import "fmt"\n\n'
        "func main() {\n"
        '\tfor i, word := range []string{"hello", "loopback"} {\n'
        '\t\tfmt.Printf("%d %s\\n", i, word)\n'
        "\t}\n"
        "}\n"
    ),
    "c": (
        "#include <stdio.h>\n\n"
        "int main(void) {\n"
        "    for (int i = 1; i <= 3; i++) {\n"
        '        printf("%d squared is %d\\n", i, i * i);\n'
        "    }\n"
        "    return 0;\n"
        "}\n"
    ),
    "java": (
        "record Point(double x, double y) {\n"
        "    double distance(Point other) {\n"
        "        return Math.hypot(x - other.x, y - other.y);\n"
        "    }\n"
        "}\n"
    ),
    "bash": (
        "#!/usr/bin/env bash\n"
        "set -euo pipefail\n"
        'for file in "$@"; do\n'
        '  printf \'%s\\t%s\\n\' "$(wc -l < "$file")" "$file"\n'
        "done | sort -rn\n"
    ),
    "sql": (
        "SELECT deployment, count(*) AS answers, sum(output_tokens) AS tokens\n"
        "FROM responses\n"
        "WHERE created_at > date('now', '-7 days')\n"
        "GROUP BY deployment\n"
        "ORDER BY tokens DESC;\n"
    ),
    "html": (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "  <head><title>Hello</title></head>\n"
        '  <body><p class="greeting">Hello from loopback &amp; back.</p></body>\n'
        "</html>\n"
    ),
    "json": '{\n  "greeting": "hello",\n  "turns": [1, 2, 3],\n  "stored": true,\n  "parent": null\n}\n',
    "diff": "--- a/greeting.txt\n+++ b/greeting.txt\n@@ -1,2 +1,2 @@\n-hello\n+hello, world\n bye\n",
}

_COMMENTS = {"python": "#", "bash": "#", "sql": "--"}


def code_line(language: str, n: int) -> str:
    """The n-th line of an endless program."""
    match language:
        case "python":
            return f"value_{n} = compute(step={n}, scale={n % 7}.5)  # {_MIDDLES[n % 11]}\n"
        case "bash" | "sql":
            return f"{_COMMENTS[language]} step {n}: {_MIDDLES[n % 11]}\n"
        case _:
            return f"const value{n} = compute({n}, {n % 7}.5); // {_MIDDLES[n % 11]}\n"


WIDE = """Wide and unusual text, to see whether columns stay straight:

| Script | Sample | Meaning |
|:--|:--|--:|
| Chinese | 你好，世界 | hello, world |
| Japanese | こんにちは、端末さん | hello, terminal |
| Korean | 안녕하세요 여러분 | hello, everybody |
| Arabic | مرحبا بالعالم | hello, world |
| Hebrew | שלום עולם | hello, world |
| Hindi | नमस्ते दुनिया | hello, world |
| Thai | สวัสดีชาวโลก | hello, world |
| Emoji | 👩‍🚀🚀 👨‍👩‍👧‍👦 🇪🇺 👍🏽 ✅ | a crew, a flag, skin tones |
| Accents | naïve café Ångström | combined and composed |

A long line without any space: 漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文漢字仮名交じり文漢字仮名

Mathematics: ∑ᵢ xᵢ² ≤ ∞, α → β, ½ + ¼ = ¾; boxes: ┌─┬─┐ │█│▒│ └─┴─┘.
"""

LINKS = """Some links, shown in every way that Markdown has:

- inline: [the Responses API](https://learn.microsoft.com/azure/ai-services/openai/how-to/responses)
- with a title: [example](https://example.com/a/path?with=query&and=more "an example")
- by reference: [reserved names][rfc]
- bare: <https://example.org/> and someone@example.org
- an image: ![a placeholder picture](https://example.com/picture.png)

[rfc]: https://www.rfc-editor.org/rfc/rfc2606
"""

SHOWCASE = """# Everything Markdown has

Some **bold**, *italic*, ***both***, ~~struck~~ and `code` text, and a [link](https://example.com/).

## Lists

1. first
2. second
   - nested, with a line that is long enough to be wrapped on a narrow terminal, to see where it goes on
     1. deeper
3. third

- [x] done
- [ ] still to do

## A quote

> The nice thing about standards is that you have so many to choose from.
>
> > And a quote in the quote.

## A table

| Left | Centre | Right |
|:-----|:------:|------:|
| `a`  | **b**  | 1.00  |
| wide | 你好   | 20.50 |

## Code

```python
def greet(name: str) -> str:
    return f"hello, {name}"
```

---

Term with a footnote-like mark¹, a hard break here\\
and the line after it.
"""
