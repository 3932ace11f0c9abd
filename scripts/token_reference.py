"""Writes reference ids beside tokenizer files, by Hugging Face's own library.

    pip install tokenizers
    python3 scripts/token_reference.py DIR     # DIR/NAME/tokenizer.json -> DIR/NAME/reference.json
    PLIMSOLL_TOKENIZERS=DIR go test ./token
"""

import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

FIXED = [
    "", "Hello, world!", "  leading and   runs   \n\n\n\t\ttabs \r\n crlf \r lone", 'func main() {\n\tfmt.Println("hi")\n}\n',
    "日本語のテキストと中文混合 한국어 텍스트 ไทย", "emoji 👩‍👩‍👧‍👦🏳️‍🌈 ok 🇩🇪", "control \x01\x02\x7f \u200b zero\ufeff width",
    "I'll we're they've it's I'M YOU'LL don't", "1234567890 3.14159 1e-9 0xDEADBEEF",
    "<|endoftext|> <|im_start|>user<|im_end|> <|begin▁of▁sentence|><｜User｜> <|start|>", "naïve café Ångström ÀÉÎÕÜ ß", "a" * 5000,
    "snake_case camelCase SCREAMING_CASE kebab-case path/to/file.go:123", "عربي نص مع تشكيلٌ", "∑∫√≈≠≤≥ αβγδ",
    "\u00a0nbsp\u2003em\u3000ideographic", "--- a/x\n+++ b/y\n@@ -1,3 +1,4 @@\n-old\n+new\n",
    '{"key": [1, 2.5, null, true], "s": "\\n\\"q\\""}', "e\u0301 combining \u0301\u0302 marks", "ǅungla ǈ titlecase",
]
POOL = "abcdefghij KLMN 0123 \n\t .,;:!?()[]{}<>'\"\\/|@#$%^&*-_=+~`äöüßéè日本語中文한국👍🏽\u200d\u0301\u00a0\r"


def main(folder: str) -> None:
    for path in sorted(pathlib.Path(folder).glob("*/tokenizer.json")):
        draw = random.Random(7)
        texts = FIXED + ["".join(draw.choice(POOL) for _ in range(draw.randint(1, 200))) for _ in range(400)]
        tokenizer = Tokenizer.from_file(str(path))
        rows = [{"text": t, "ids": tokenizer.encode(t, add_special_tokens=False).ids} for t in texts]
        path.with_name("reference.json").write_text(json.dumps(rows))
        print(path.parent.name, len(rows))


if __name__ == "__main__":
    main(sys.argv[1])
