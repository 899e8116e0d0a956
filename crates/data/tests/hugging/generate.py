"""Trains small tokenizers with Hugging Face's `tokenizers` and writes what they make of some texts, for
`crates/data/tests/data/hugging.rs`.

    pip install tokenizers==0.23.3
    python generate.py        # writes tokenizers.json beside this file

The merges are learned from texts that are not cut into words. So a cut in the wrong place shows in the ids.
"""

import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
WORDS = (
    ["a", "A", "ab", "it's", "IT'S", "we'll", "I'D", "d'", "é", "ſ", "'ſ", "'ſab", "कि", "Ⅷ", "²", "12", "12345"]
    + ["x1", "!", "?!", "...", "🙂"]
)
SPACES = [" ", "  ", "   ", "\n", "\r\n", "\n\n", " \n", "\n ", "\t", "\u00a0", "\u3000", ""]


def texts(seed, count, words=WORDS, spaces=SPACES):
    draw = random.Random(seed)
    text = lambda: "".join(draw.choice(words) + draw.choice(spaces) for _ in range(draw.randint(1, 9)))
    return [text() for _ in range(count)]


def byte_level(pre_tokenizer, **model):
    """GPT-2's form."""
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(texts(1, 400), trainer)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|begin|>", "<|begin|>x", "<|end|>"])
    return tokenizer


def spaces_marked(pre_tokenizer, normalizer):
    """LLaMA 2's form."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<unk>", "<s>", "</s>", *bytes_], show_progress=False
    )
    words = ["a", "ab", "it's", "été", "the cat", "12", "!"]
    tokenizer.train_from_iterator(texts(2, 400, words, [" ", "  ", "\n"]), trainer)
    # The bytes are tokens of the model, but not to be found in a text.
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = [token for token in file["added_tokens"] if token["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return tokenizer


def case(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    return {"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}


prepend = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
level = lambda use_regex, space=False: pre_tokenizers.ByteLevel(add_prefix_space=space, use_regex=use_regex)
split = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated", invert=False)
digits = pre_tokenizers.Digits(individual_digits=True)
tokenizers = {
    "gpt-2": byte_level(level(True)),
    "gpt-2 with a space before": byte_level(level(True, space=True)),
    "llama 3": byte_level(pre_tokenizers.Sequence([split(LLAMA3), level(False)]), ignore_merges=True),
    "single digits": byte_level(pre_tokenizers.Sequence([digits, level(True)])),
    "llama 2": spaces_marked(None, prepend),
    "llama 2, metaspace first": spaces_marked(pre_tokenizers.Metaspace("▁", "first", split=False), None),
    "llama 2, metaspace, split": spaces_marked(pre_tokenizers.Metaspace("▁", "always", split=True), None),
    "llama 2, metaspace never": spaces_marked(pre_tokenizers.Metaspace("▁", "never", split=True), None),
}
special = ["", " ", "<s>a</s>", "<s> a", "</s><s>", "a<|begin|>b", "<|begin|>xy<|end|> it's", "▁a", "  a"]
special += ["<0x41>", "it's 12345\n\n  ab"]
fixtures, seen = [], {}
for name, tokenizer in tokenizers.items():
    file = json.loads(tokenizer.to_str())
    # Tokens and merges that an earlier file has too are written once.
    learned = json.dumps([file["model"]["vocab"], file["model"]["merges"]])
    like = seen.setdefault(learned, name)
    if like != name:
        del file["model"]["vocab"], file["model"]["merges"]
    cases = [case(tokenizer, text) for text in special + texts(3, 40)]
    fixtures.append({"name": name, "like": like, "file": file, "cases": cases})
out = Path(__file__).with_name("tokenizers.json")
out.write_text("[" + ",\n".join(json.dumps(fixture, separators=(",", ":")) for fixture in fixtures) + "]\n")
print(out, out.stat().st_size)
