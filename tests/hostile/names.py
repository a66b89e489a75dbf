"""Names that a shell, a format string, a table or a page could take for something else.

Who runs one of them makes a file called `canary`.
"""

import unicodedata

TOUCH = "touch canary"
LONGEST = 255 - len(".mp4")  # bytes that a file system gives a name

SHELL = (
    *(f"$({TOUCH})", f"`{TOUCH}`", f"a;{TOUCH};b", f"a&&{TOUCH}", f"a||{TOUCH}", f"a|{TOUCH}"),
    *(f"a\n{TOUCH}\n", f"a\r\n{TOUCH}", f"a&{TOUCH}&", f"';{TOUCH};'", f'";{TOUCH};"'),
    *(f"'$({TOUCH})'", f'"$({TOUCH})"', f'\\"$({TOUCH})\\"', f"\\$({TOUCH})", f"\\`{TOUCH}\\`"),
    *(f"'`{TOUCH}`'", f"'\"'\"'$({TOUCH})", f"a' $({TOUCH}) 'b", f'a" $({TOUCH}) "b'),
    *(
        "a > canary",
        "a >> canary",
        ">canary",
        "2>canary",
        "a&>canary",
        "<canary",
        "<(touch canary)",
    ),
    *(
        "$(touch${IFS}canary)",
        "${IFS}touch${IFS}canary",
        "$HOME",
        "${PATH}",
        "$$",
        "$?",
        "$0",
        "$@",
    ),
    *("$'\\x41'", "$((7*7))", "$[7*7]", "!!", "!touch", "^a^b", "~", "~root", "~ ", "#comment"),
    *(
        "a #b",
        "a\\",
        "\\",
        "\\\\",
        "a\\nb",
        "a\\0b",
        "a\\'b",
        "'",
        "''",
        '"',
        '""',
        "'\"'",
        "`",
        "``",
    ),
    *(
        ";",
        "&",
        "|",
        "(",
        ")",
        "()",
        "!",
        "=",
        "a=b",
        "PATH=.",
        ":",
        "::",
        "a:b",
        ",",
        "+",
        "@",
        "^",
    ),
)
BLANKS = (
    *(
        " ",
        "  ",
        " a",
        "a ",
        " a b ",
        "a  b",
        "\t",
        "a\tb",
        "\n",
        "a\nb",
        "\na",
        "a\n",
        "\r",
        "a\rb",
    ),
    *("\v", "\f", "a\u00a0b", "\u2003a", "a\u2028b", "a\u2029b", "a\u0085b", "\u3000", "\u200b"),
)
DASHES = (
    *("-", "--", "---", "-rf", "-a b", "--help", "--videos", "--output=canary", "-o", "-1", "-e"),
    *("--config", "--", "-c touch canary", "\u2013", "\u2014", "\u2212"),
)
DOTS = (
    *(".a", "..a", "...", ".. ", ". .", "a..", "a.", "a.mp4", ".mp4", "a..b", "..%2f..%2fcanary"),
    *(".git", "%2e%2e", "..\\..\\canary", "manifest.json", "videos.csv", "con", "NUL", "aux.mp4"),
)
PATTERNS = (
    *(
        "*",
        "?",
        "[a]",
        "[!a]",
        "**",
        "*.mp4",
        "a*",
        "[",
        "]",
        "[]",
        "[[:alpha:]]",
        "@(a|b)",
        "+(a)",
    ),
    *("{a}", "{}", "{0}", "{{a}}", "{a,b}", "{1..3}", "{input}", "{config[data_set]}", "{", "}"),
    *("{wildcards.shard}", "{output:q}", "{__class__}", "{a!r:>{b}}"),
)
FORMATS = (
    *("%", "%%", "%s", "%d%n", "%(a)s", "%j", "%A_%a", "%x%x%x%x", "%00", "%0a", "%20", "${a:-b}"),
    *(
        "{{7*7}}",
        "{% raw %}",
        "{# a #}",
        "<%= a %>",
        "#{a}",
        "\\N{DIGIT ONE}",
        "\\u0041",
        "\\x1b[2J",
    ),
    *("\x1b[2J", "\x1b]0;a\x07", "\x1b[31mred", "a\x08b", "\x7f", "\x01", "\x0e", "\x9b2J"),
    *(
        "null",
        "None",
        "true",
        "1e5",
        "0x10",
        "007",
        "- a",
        "a: b",
        "!!python",
        "&a",
        "*a",
        "|-",
        "'a",
    ),
)
PAGES = (
    *("<script>alert(1)<", "<img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "&lt;b&gt;"),
    *(
        "<svg onload=alert(1)>",
        "javascript:alert(1)",
        "]]>",
        "<!--",
        "-->",
        "&",
        "a|b|c",
        "[a](b)",
    ),
    *(
        "=1+1",
        "=cmd|' -C calc'!A0",
        "+1",
        "@SUM(A1)",
        "-1+1",
        "\t=1",
        "$x^2_a$",
        "\\input{a}",
        "_b_",
    ),
    *(
        "\\end{tabular}",
        "# a",
        "**a**",
        "a_b",
        "a~b^c",
        "100%",
        "`a`",
        "$\\alpha$",
        "\\\\ \\hline",
    ),
)
LETTERS = (
    *(
        "é",
        "e\u0301",
        "ü",
        "u\u0308",
        "Å",
        "\u212b",
        "ß",
        "ﬁ",
        "İ",
        "ı",
        "Ω",
        "\u03a9",
        "日本語",
        "한국",
    ),
    *("العربية", "עברית", "\u202egpj.a", "\u200fa", "a\u200db", "\ufeffa", "\u2066a\u2069", "🙂"),
    *(
        "👩\u200d👩\u200d👧",
        "🇪🇺",
        "a\u0300\u0301\u0302\u0303",
        "\ud7ff",
        "\ue000",
        "\U0010ffff",
        "\ufffd",
    ),
    *("１", "ａ", "a．b", "A", "a", "A-", "a-", "-a", "a_", "_a", "a--b", "a b", "CLIP", "clip"),
)
LONG = ("x" * LONGEST, "é" * (LONGEST // 2), "🙂" * (LONGEST // 4), "$(a)" * 60, " " * LONGEST)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name not in (".", "..")))


ALL = _distinct((*SHELL, *BLANKS, *DASHES, *DOTS, *PATTERNS, *FORMATS, *PAGES, *LETTERS, *LONG))
# What Snakemake cannot carry as the path of an input; such a folder is refused by name.
REFUSED_AS_FOLDERS = tuple(
    name for name in ALL if set("{}<>\r\n") & set(name) or name != name.strip()
)

assert unicodedata.normalize("NFC", "e\u0301") in ALL
