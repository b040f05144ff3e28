# expect 3: compressed with xz
import lzma
open(out, "wb").write(lzma.compress(bytes(2048)))
