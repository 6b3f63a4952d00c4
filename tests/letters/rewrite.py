"""Write the golden letters anew: `python -m tests.letters.rewrite`.  Look at what changed before you keep it."""

from tests.letters.golden import GOLDEN, files


def main() -> None:
    """Write every golden file, remove those that no letter makes, say which changed."""
    GOLDEN.mkdir(exist_ok=True)
    wanted = files()
    for path in sorted(GOLDEN.iterdir()):
        if path.name not in wanted:
            path.unlink()
            print(f"removed  {path.name}")
    for name, text in wanted.items():
        path = GOLDEN / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"written  {name}")


if __name__ == "__main__":
    main()
